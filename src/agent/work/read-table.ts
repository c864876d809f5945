import { readPartitionTable } from '../../image/disk/partition-table.ts';
import type { PartitionTable } from '../../image/format/manifest.ts';
import type { SourceDisk } from '../capture/source-disk.ts';
import { assertWholeDisk } from '../capture/whole-disk.ts';
import type { Run } from '../programs.ts';

/** The partition table as it lies on the disk. Throws PARTITION_TABLE_INVALID, DISK_UNSUITABLE. */
export const readTable = async (disk: SourceDisk, run: Run): Promise<PartitionTable> => {
  await assertWholeDisk(disk.path, disk.sizeBytes, run);
  return readPartitionTable(async (position, length) => {
    const bytes = Buffer.alloc(Math.max(0, Math.min(length, disk.sizeBytes - position)));
    await disk.read(position, bytes);
    return bytes;
  }, disk.sizeBytes);
};
