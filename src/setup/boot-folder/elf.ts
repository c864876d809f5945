import { GreifError } from '../../core/errors.ts';

const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const DT_NEEDED = 1;
const DT_STRTAB = 5;

interface Segment {
  type: number;
  offset: number;
  address: number;
  sizeBytes: number;
}

const segmentsOf = (bytes: Buffer): Segment[] => {
  const start = Number(bytes.readBigUInt64LE(32));
  const [entryBytes, count] = [bytes.readUInt16LE(54), bytes.readUInt16LE(56)];
  return Array.from({ length: count }, (_, index) => {
    const at = start + index * entryBytes;
    return {
      type: bytes.readUInt32LE(at),
      offset: Number(bytes.readBigUInt64LE(at + 8)),
      address: Number(bytes.readBigUInt64LE(at + 16)),
      sizeBytes: Number(bytes.readBigUInt64LE(at + 32)),
    };
  });
};

const dynamicEntries = (bytes: Buffer, { offset, sizeBytes }: Segment): { tag: number; value: number }[] =>
  Array.from({ length: sizeBytes / 16 }, (_, index) => ({
    tag: Number(bytes.readBigUInt64LE(offset + 16 * index)),
    value: Number(bytes.readBigUInt64LE(offset + 16 * index + 8)),
  }));

/**
 * Pure: the names of the libraries that a program or library asks for (System V ABI, chapter 5, "Dynamic Section"), whatever processor it is
 * for: x64 and ARM64 are both 64-bit little-endian. Empty for a static one. Throws STEP_FAILED for what is no such file.
 */
export const neededLibraries = (bytes: Buffer, name: string): string[] => {
  if (bytes.length < 64 || bytes.readUInt32BE(0) !== 0x7f454c46 || bytes.readUInt16BE(4) !== 0x0201)
    throw new GreifError('STEP_FAILED', `${name} is no 64-bit program`);
  const segments = segmentsOf(bytes);
  const dynamic = segments.find(({ type }) => type === PT_DYNAMIC);
  if (!dynamic) return [];
  const entries = dynamicEntries(bytes, dynamic);
  const address = entries.find(({ tag }) => tag === DT_STRTAB)?.value ?? 0;
  const load = segments.find(
    (segment) =>
      segment.type === PT_LOAD && address >= segment.address && address < segment.address + segment.sizeBytes,
  );
  const table = address - (load?.address ?? 0) + (load?.offset ?? 0);
  return entries
    .filter(({ tag }) => tag === DT_NEEDED)
    .map(({ value }) => bytes.toString('latin1', table + value, bytes.indexOf(0, table + value)));
};
