import type { Partition, PartitionTable } from '../format/manifest.ts';
import { invalidTable, type ReadAt } from './invalid-table.ts';

const sectorBytes = 512;
const entriesAt = 446;
const protectiveType = 0xee;
const extendedTypes = [0x05, 0x0f, 0x85];
const firstLogicalNumber = 5;
/** More than any system makes, few enough to walk. */
const maximumLogicals = 128;

interface Entry {
  status: number;
  type: number;
  firstSector: number;
  sectors: number;
}

const readEntries = (sector: Buffer): Entry[] =>
  [0, 1, 2, 3].map((position) => {
    const at = entriesAt + position * 16;
    return {
      status: sector.readUInt8(at),
      type: sector.readUInt8(at + 4),
      firstSector: sector.readUInt32LE(at + 8),
      sectors: sector.readUInt32LE(at + 12),
    };
  });

/** Whether the first sector says that the disk's real table is a GPT (a hybrid one has other entries beside it). */
export const hasProtectiveEntry = (sector: Buffer): boolean =>
  readEntries(sector).some(({ type }) => type === protectiveType);

/** Primary partitions as 1 to 4, logical ones from 5 on in the order of their chain, as Linux counts them. */
export const readMbr = async (
  read: ReadAt,
  sector: Buffer,
  diskSizeBytes: number,
): Promise<PartitionTable> => {
  const entries = readEntries(sector);
  if (entries.some(({ status }) => status !== 0 && status !== 0x80))
    throw invalidTable('the first sector is no partition table (is this a file system without one?)');
  const partitions: Partition[] = [];
  const extended: (Entry & { number: number })[] = [];
  for (const [position, entry] of entries.entries()) {
    if (entry.type === 0) continue;
    if (extendedTypes.includes(entry.type)) extended.push({ ...entry, number: position + 1 });
    else partitions.push(asPartition(entry, position + 1, 0));
  }
  if (extended.length > 1) throw invalidTable('it has more than one extended partition');
  const [container] = extended;
  if (container) partitions.push(...(await readLogicals(read, container, diskSizeBytes)));
  const diskId = sector.readUInt32LE(440).toString(16).padStart(8, '0');
  return {
    scheme: 'mbr',
    diskId,
    sectorBytes,
    partitions,
    ...(container && { extended: { number: container.number, type: typeText(container.type) } }),
  };
};

const typeText = (type: number): string => type.toString(16).padStart(2, '0');

const asPartition = (entry: Entry, number: number, base: number): Partition => {
  const { firstSector, sectors, type, status } = entry;
  if (firstSector === 0 || sectors === 0) throw invalidTable(`partition ${number} has no size or no place`);
  return {
    number,
    firstByte: (base + firstSector) * sectorBytes,
    sizeBytes: sectors * sectorBytes,
    type: typeText(type),
    ...(status === 0x80 && { bootable: true }),
  };
};

/**
 * The chain of extended boot records: in each, the first entry is a logical partition counted from that record, the second
 * the next record counted from the start of the extended partition. A hostile chain may loop or leave its partition.
 */
const readLogicals = async (read: ReadAt, extended: Entry, diskSizeBytes: number): Promise<Partition[]> => {
  const { firstSector, sectors } = extended;
  const logicals: Partition[] = [];
  const seen = new Set<number>();
  for (let at = firstSector; ; ) {
    if (seen.has(at)) throw invalidTable('its chain of logical partitions runs in a circle');
    if (seen.size >= maximumLogicals)
      throw invalidTable(`it has more than ${maximumLogicals} logical partitions`);
    if (at < firstSector || at >= firstSector + sectors)
      throw invalidTable('its chain of logical partitions leaves the extended partition');
    if ((at + 1) * sectorBytes > diskSizeBytes)
      throw invalidTable('its extended partition begins beyond the end of the disk', { beyondEnd: true });
    seen.add(at);
    const record = await read(at * sectorBytes, sectorBytes);
    if (record.length < sectorBytes || record.readUInt16LE(510) !== 0xaa55)
      throw invalidTable(`the record of its logical partitions in sector ${at} is damaged`);
    const [logical, next] = readEntries(record);
    if (logical && logical.type !== 0) {
      const partition = asPartition(logical, firstLogicalNumber + logicals.length, at);
      if (partition.firstByte + partition.sizeBytes > (firstSector + sectors) * sectorBytes)
        throw invalidTable(`logical partition ${partition.number} leaves the extended partition`);
      logicals.push(partition);
    }
    if (!next || next.type === 0) return logicals;
    at = firstSector + next.firstSector;
  }
};
