import { encodeTable } from '../../image/fit/encode-table.ts';
import type { TargetDisk } from '../../image/fit/fit-plan.ts';
import type { PartitionTable } from '../../image/format/manifest.ts';
import { alignedBuffers } from '../disk/aligned-buffers.ts';
import type { BlockDevice } from '../disk/block-device.ts';
import type { Run } from '../programs.ts';

/** The largest table: 1,024 entries of 128 bytes with their headers, in sectors of 4,096 bytes. */
const largestTable = 256 * 1024;

/**
 * Writes the table over the image's, whose boot code stays. The first sector comes last: until then the disk has the image's table, or none.
 * Throws DISK_WRITE_FAILED, PARTITION_TABLE_INVALID.
 */
export const writeTable = async (
  device: BlockDevice,
  table: PartitionTable,
  source: PartitionTable,
  disk: TargetDisk,
): Promise<void> => {
  const buffer = await alignedBuffers(1, largestTable).take();
  const sector = buffer.subarray(0, disk.logicalSectorBytes);
  await device.read(sector, 0);
  for (const { firstByte, bytes } of encodeTable(table, source, disk, Buffer.from(sector))) {
    bytes.copy(buffer);
    await device.write(buffer.subarray(0, bytes.length), firstByte);
  }
  await device.sync();
};

/** Makes the kernel know the partitions of a disk that nobody holds open. */
export const rereadTable = async (disk: string, run: Run): Promise<void> => {
  await run('blockdev', ['--flushbufs', disk]);
  // The kernel forgets the old partitions; partx then tells it those that it has no parser for.
  await run('blockdev', ['--rereadpt', disk]);
  await run('partx', ['--update', disk]);
};
