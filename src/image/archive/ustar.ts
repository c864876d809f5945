/**
 * The one kind of tar entry that an export has (POSIX.1-1988 "ustar"): a plain file with a short name. A header is a block of 512 bytes:
 *
 *     0 name 100 | 100 mode 8 | 108 uid 8 | 116 gid 8 | 124 size 12 | 136 mtime 12 | 148 checksum 8 | 156 type '0'
 *     157 link name 100 | 257 "ustar\0" | 263 "00" | 265 user 32 | 297 group 32 | 329 device 16 | 345 prefix 155
 *
 * Numbers are octal digits. The file's bytes follow, filled up to whole blocks; two blocks of zeros end the archive.
 */
export const blockBytes = 512;
export const endBytes = 2 * blockBytes;

export interface Entry {
  name: string;
  sizeBytes: number;
}

const longestName = 100;
const largestSize = 8 ** 11 - 1;
const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`;

/** Bytes that fill an entry up to whole blocks. */
export const paddingOf = (sizeBytes: number): number => (blockBytes - (sizeBytes % blockBytes)) % blockBytes;

/** The checksum is the sum of all bytes, its own field counted as blanks. */
const checksumOf = (block: Buffer): number => {
  let sum = 8 * 0x20;
  for (let at = 0; at < blockBytes; at++) if (at < 148 || at >= 156) sum += block[at] as number;
  return sum;
};

/** Owner, time and rights are the same in every export, so that the same image gives the same bytes. */
export const encodeHeader = ({ name, sizeBytes }: Entry): Buffer => {
  if (name.length > longestName || sizeBytes > largestSize)
    throw new RangeError(`no tar entry: ${name}, ${sizeBytes} bytes`);
  const block = Buffer.alloc(blockBytes);
  block.write(name, 0, 'latin1');
  block.write(octal(0o644, 7), 100);
  for (const owner of [108, 116]) block.write(octal(0, 7), owner);
  block.write(octal(sizeBytes, 11), 124);
  block.write(octal(0, 11), 136);
  block.write('0', 156);
  block.write('ustar\x0000', 257);
  block.write(`${octal(checksumOf(block), 6)} `, 148);
  return block;
};

const field = (block: Buffer, at: number, length: number): string => {
  const text = block.toString('latin1', at, at + length);
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
};

const numberIn = (block: Buffer, at: number, length: number): number => {
  const digits = field(block, at, length).trim();
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
};

/** `end` for a block of zeros; a sentence for what no export has. */
export const decodeHeader = (block: Buffer): Entry | 'end' | { problem: string } => {
  if (block.every((byte) => byte === 0)) return 'end';
  if (numberIn(block, 148, 8) !== checksumOf(block)) return { problem: 'a header is damaged' };
  const name = field(block, 0, longestName);
  const type = String.fromCharCode(block[156] ?? 0);
  if (type !== '0' || block[345] !== 0)
    return { problem: `"${name.slice(0, 80)}" is no plain file with a short name (type "${type}")` };
  const sizeBytes = numberIn(block, 124, 12);
  if (!Number.isSafeInteger(sizeBytes)) return { problem: `"${name.slice(0, 80)}" has no size` };
  return { name, sizeBytes };
};
