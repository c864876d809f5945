import type { PartitionTable } from '../format/manifest.ts';
import { readGpt } from './gpt.ts';
import { invalidTable, type ReadAt } from './invalid-table.ts';
import { hasProtectiveEntry, readMbr } from './mbr.ts';

/**
 * The partitions of a disk, GPT (UEFI specification 2.10, section 5.3) or MBR. A table that lies is refused with
 * PARTITION_TABLE_INVALID and a sentence that says what is wrong: both GPT copies damaged, a partition beyond
 * the end, partitions that overlap, counts and sizes out of all reason.
 */
export const readPartitionTable = async (read: ReadAt, diskSizeBytes: number): Promise<PartitionTable> => {
  const first = await read(0, 512);
  if (first.length < 512 || first.readUInt16LE(510) !== 0xaa55)
    throw invalidTable('the disk has none (its first sector does not end in 55 AA)');
  const table = hasProtectiveEntry(first)
    ? await readGpt(read, diskSizeBytes)
    : await readMbr(read, first, diskSizeBytes);
  checkPlaces(table, diskSizeBytes);
  return table;
};

const checkPlaces = ({ partitions }: PartitionTable, diskSizeBytes: number): void => {
  if (partitions.length === 0) throw invalidTable('it has no partition');
  const inOrder = partitions.toSorted((a, b) => a.firstByte - b.firstByte);
  for (const [position, partition] of inOrder.entries()) {
    const end = partition.firstByte + partition.sizeBytes;
    if (end > diskSizeBytes)
      throw invalidTable(
        `partition ${partition.number} ends at byte ${end}, but the disk has only ${diskSizeBytes}`,
        { beyondEnd: true },
      );
    const next = inOrder[position + 1];
    if (next && next.firstByte < end)
      throw invalidTable(`partitions ${partition.number} and ${next.number} overlap`);
  }
};
