import { GreifError } from '../../core/errors.ts';
import type { PartitionTable } from '../format/manifest.ts';

/** MBR counts sectors in 32 bits. */
const mbrSectors = 2 ** 32;
/** 128 entries of 128 bytes, as every system makes them; a table with higher numbers has more. */
export const gptEntryBytes = 128;
export const gptEntries = ({ partitions }: Pick<PartitionTable, 'partitions'>): number =>
  Math.max(128, Math.ceil(Math.max(...partitions.map(({ number }) => number)) / 32) * 32);

/** The sectors that one copy of the entries takes. */
export const gptEntrySectors = (table: Pick<PartitionTable, 'partitions'>, sectorBytes: number): number =>
  Math.ceil((gptEntries(table) * gptEntryBytes) / sectorBytes);

/** Where partitions must end: before the backup GPT, or where MBR cannot count further. */
export const usableEnd = (
  table: PartitionTable,
  { sizeBytes, logicalSectorBytes }: { sizeBytes: number; logicalSectorBytes: number },
): number => {
  const sectors = Math.floor(sizeBytes / logicalSectorBytes);
  return table.scheme === 'gpt'
    ? (sectors - 1 - gptEntrySectors(table, logicalSectorBytes)) * logicalSectorBytes
    : Math.min(sectors, mbrSectors) * logicalSectorBytes;
};

/** Where partitions may begin: behind the first GPT. */
export const usableStart = (table: PartitionTable, sectorBytes: number): number =>
  (table.scheme === 'gpt' ? 2 + gptEntrySectors(table, sectorBytes) : 1) * sectorBytes;

/** Throws DISK_UNSUITABLE when a partition begins where this disk needs the table itself (sectors of 4,096 bytes need more room). */
export const checkStart = (table: PartitionTable, sectorBytes: number): void => {
  const start = usableStart(table, sectorBytes);
  const early = table.partitions.find(({ firstByte }) => firstByte < start);
  if (early)
    throw new GreifError(
      'DISK_UNSUITABLE',
      `partition ${early.number} of the image begins at byte ${early.firstByte}, and a disk with sectors of ${sectorBytes} bytes keeps its partition table there`,
    );
};
