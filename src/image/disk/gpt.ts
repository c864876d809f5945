import { crc32 } from 'node:zlib';
import type { Partition, PartitionTable } from '../format/manifest.ts';
import { invalidTable, type ReadAt } from './invalid-table.ts';

const signature = 'EFI PART';
const headerBytes = 92;
const maximumEntries = 1024;
const entryNameAt = 56;
const emptyType = '00000000-0000-0000-0000-000000000000';
/** Attribute bit 2: legacy BIOS bootable. */
const bootableBit = 4n;

/** One of the two copies, its checksums already proven. */
interface Copy {
  diskId: string;
  firstUsable: number;
  lastUsable: number;
  entries: Buffer;
  entryBytes: number;
}

/** The primary copy, else the backup in the disk's last sector; sectors of 512 or 4,096 bytes. */
export const readGpt = async (read: ReadAt, diskSizeBytes: number): Promise<PartitionTable> => {
  const problems: string[] = [];
  for (const { sectorBytes, lba, name } of places(diskSizeBytes)) {
    const copy = await readCopy(read, sectorBytes, lba, diskSizeBytes);
    if (typeof copy !== 'string')
      return {
        scheme: 'gpt',
        diskId: copy.diskId,
        sectorBytes,
        partitions: listPartitions(copy, sectorBytes),
      };
    if (copy !== '') problems.push(`its ${name} copy ${copy}`);
  }
  if (problems.length === 0) problems.push('the disk is marked as GPT but has no GPT header');
  throw invalidTable(problems.join('; '));
};

const places = (diskSizeBytes: number) => {
  const sizes = [512, 4096];
  return [
    ...sizes.map((sectorBytes) => ({ sectorBytes, lba: 1, name: 'first' })),
    ...sizes.map((sectorBytes) => ({
      sectorBytes,
      lba: Math.floor(diskSizeBytes / sectorBytes) - 1,
      name: 'backup',
    })),
  ];
};

/** The copy whose header is in sector `lba`, or what is wrong with it; an empty string: there is none. */
const readCopy = async (
  read: ReadAt,
  sectorBytes: number,
  lba: number,
  diskSizeBytes: number,
): Promise<Copy | string> => {
  if (lba < 1) return '';
  const header = await read(lba * sectorBytes, sectorBytes);
  if (header.length < sectorBytes || header.toString('latin1', 0, 8) !== signature) return '';
  const size = header.readUInt32LE(12);
  if (size < headerBytes || size > sectorBytes) return `claims a header of ${size} bytes`;
  if (checksumOf(header.subarray(0, size)) !== header.readUInt32LE(16)) return 'has a wrong header checksum';
  if (header.readBigUInt64LE(24) !== BigInt(lba)) return 'says that it lies elsewhere';
  const count = header.readUInt32LE(80);
  const entryBytes = header.readUInt32LE(84);
  if (count < 1 || count > maximumEntries) return `claims ${count} entries`;
  if (entryBytes < 128 || entryBytes > 4096 || entryBytes % 128 !== 0)
    return `claims entries of ${entryBytes} bytes`;
  const entriesAt = Number(header.readBigUInt64LE(72)) * sectorBytes;
  if (entriesAt + count * entryBytes > diskSizeBytes) return 'has its entries beyond the end of the disk';
  const entries = await read(entriesAt, count * entryBytes);
  if (crc32(entries) !== header.readUInt32LE(88)) return 'has a wrong checksum over its entries';
  return {
    diskId: guid(header, 56),
    firstUsable: Number(header.readBigUInt64LE(40)),
    lastUsable: Number(header.readBigUInt64LE(48)),
    entries,
    entryBytes,
  };
};

/** The checksum covers the header with its own field as zeros. */
const checksumOf = (header: Buffer): number => {
  const blank = Buffer.from(header);
  blank.writeUInt32LE(0, 16);
  return crc32(blank);
};

const listPartitions = (copy: Copy, sectorBytes: number): Partition[] => {
  const partitions: Partition[] = [];
  for (let at = 0; at < copy.entries.length; at += copy.entryBytes) {
    const entry = copy.entries.subarray(at, at + copy.entryBytes);
    if (guid(entry, 0) !== emptyType)
      partitions.push(readEntry(entry, at / copy.entryBytes + 1, copy, sectorBytes));
  }
  return partitions;
};

const readEntry = (entry: Buffer, number: number, copy: Copy, sectorBytes: number): Partition => {
  const first = Number(entry.readBigUInt64LE(32));
  const last = Number(entry.readBigUInt64LE(40));
  if (last < first) throw invalidTable(`partition ${number} ends before it begins`);
  if (first < copy.firstUsable || last > copy.lastUsable)
    throw invalidTable(
      `partition ${number} (sectors ${first} to ${last}) leaves the usable sectors ${copy.firstUsable} to ${copy.lastUsable}`,
    );
  const attributes = entry.readBigUInt64LE(48);
  const others = attributes & ~bootableBit;
  const name = entry.toString('utf16le', entryNameAt, 128).replace(/\0.*$/s, '');
  return {
    number,
    firstByte: first * sectorBytes,
    sizeBytes: (last - first + 1) * sectorBytes,
    type: guid(entry, 0),
    guid: guid(entry, 16),
    ...(name && { name }),
    ...((attributes & bootableBit) !== 0n && { bootable: true }),
    ...(others !== 0n && { attributes: others.toString(16).padStart(16, '0') }),
  };
};

/** The first three groups are little-endian, the others as they stand (UEFI specification, appendix A). */
const guid = (bytes: Buffer, at: number): string => {
  const group = (from: number, to: number) => bytes.toString('hex', at + from, at + to);
  const swapped = (from: number, to: number) => Buffer.from(bytes.subarray(at + from, at + to)).reverse();
  return [
    swapped(0, 4).toString('hex'),
    swapped(4, 6).toString('hex'),
    swapped(6, 8).toString('hex'),
    group(8, 10),
    group(10, 16),
  ]
    .join('-')
    .toUpperCase();
};
