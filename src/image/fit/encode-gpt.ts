import { crc32 } from 'node:zlib';
import type { Partition, PartitionTable } from '../format/manifest.ts';
import type { TablePatch } from './encode-table.ts';
import { gptEntries, gptEntryBytes, gptEntrySectors, usableEnd, usableStart } from './usable-area.ts';

const headerBytes = 92;
const revision = 0x0001_0000;
/** Attribute bit 2, which manifests call `bootable`. */
const bootableBit = 4n;
const protectiveType = 0xee;
const mbrEntriesAt = 446;

/** The first three groups are little-endian, the others as they stand (UEFI specification, appendix A). */
const writeGuid = (into: Buffer, at: number, guid: string): void => {
  const plain = Buffer.from(guid.replaceAll('-', ''), 'hex');
  for (const [from, to] of [
    [0, 4],
    [4, 6],
    [6, 8],
  ] as const)
    plain.subarray(from, to).reverse();
  plain.copy(into, at);
};

const encodeEntry = (partition: Partition, sectorBytes: number): Buffer => {
  const entry = Buffer.alloc(gptEntryBytes);
  writeGuid(entry, 0, partition.type);
  writeGuid(entry, 16, partition.guid ?? '');
  entry.writeBigUInt64LE(BigInt(partition.firstByte / sectorBytes), 32);
  entry.writeBigUInt64LE(BigInt((partition.firstByte + partition.sizeBytes) / sectorBytes - 1), 40);
  const attributes = partition.attributes ? BigInt(`0x${partition.attributes}`) : 0n;
  entry.writeBigUInt64LE(attributes | (partition.bootable ? bootableBit : 0n), 48);
  Buffer.from(partition.name ?? '', 'utf16le').copy(entry, 56);
  return entry;
};

const encodeHeader = (
  table: PartitionTable,
  disk: { sizeBytes: number; logicalSectorBytes: number },
  entries: Buffer,
  copy: { lba: number; otherLba: number; entriesLba: number },
): Buffer => {
  const sectorBytes = disk.logicalSectorBytes;
  const header = Buffer.alloc(sectorBytes);
  header.write('EFI PART', 0, 'latin1');
  header.writeUInt32LE(revision, 8);
  header.writeUInt32LE(headerBytes, 12);
  header.writeBigUInt64LE(BigInt(copy.lba), 24);
  header.writeBigUInt64LE(BigInt(copy.otherLba), 32);
  header.writeBigUInt64LE(BigInt(usableStart(table, sectorBytes) / sectorBytes), 40);
  header.writeBigUInt64LE(BigInt(usableEnd(table, disk) / sectorBytes - 1), 48);
  writeGuid(header, 56, table.diskId);
  header.writeBigUInt64LE(BigInt(copy.entriesLba), 72);
  header.writeUInt32LE(gptEntries(table), 80);
  header.writeUInt32LE(gptEntryBytes, 84);
  header.writeUInt32LE(crc32(entries), 88);
  header.writeUInt32LE(crc32(header.subarray(0, headerBytes)), 16);
  return header;
};

/** UEFI section 5.2.3: one entry over all of the disk. Boot code stays, and the mark that some BIOSes want to see on the entry. */
const protectiveMbr = (firstSector: Buffer, sectors: number, sectorBytes: number): Buffer => {
  const sector = Buffer.alloc(sectorBytes);
  firstSector.copy(sector, 0, 0, mbrEntriesAt);
  const old =
    [0, 1, 2, 3].find((entry) => firstSector[mbrEntriesAt + entry * 16 + 4] === protectiveType) ?? 0;
  const status = firstSector[mbrEntriesAt + old * 16] === 0x80 ? 0x80 : 0;
  Buffer.from([status, 0x00, 0x02, 0x00, protectiveType, 0xff, 0xff, 0xff]).copy(sector, mbrEntriesAt);
  sector.writeUInt32LE(1, mbrEntriesAt + 8);
  sector.writeUInt32LE(Math.min(sectors - 1, 0xffff_ffff), mbrEntriesAt + 12);
  sector.writeUInt16LE(0xaa55, 510);
  return sector;
};

/** Both copies of a GPT, at the start and the end of the disk, and the protective MBR (UEFI specification 2.10, section 5.3). Pure. */
export const encodeGpt = (
  table: PartitionTable,
  disk: { sizeBytes: number; logicalSectorBytes: number },
  firstSector: Buffer,
): TablePatch[] => {
  const sectorBytes = disk.logicalSectorBytes;
  const sectors = Math.floor(disk.sizeBytes / sectorBytes);
  const entrySectors = gptEntrySectors(table, sectorBytes);
  const entries = Buffer.alloc(gptEntries(table) * gptEntryBytes);
  for (const partition of table.partitions)
    encodeEntry(partition, sectorBytes).copy(entries, (partition.number - 1) * gptEntryBytes);
  const whole = Buffer.concat([entries, Buffer.alloc(entrySectors * sectorBytes - entries.length)]);
  const last = sectors - 1;
  const primary = encodeHeader(table, disk, entries, { lba: 1, otherLba: last, entriesLba: 2 });
  const backup = encodeHeader(table, disk, entries, {
    lba: last,
    otherLba: 1,
    entriesLba: last - entrySectors,
  });
  return [
    { firstByte: (last - entrySectors) * sectorBytes, bytes: Buffer.concat([whole, backup]) },
    {
      firstByte: 0,
      bytes: Buffer.concat([protectiveMbr(firstSector, sectors, sectorBytes), primary, whole]),
    },
  ];
};
