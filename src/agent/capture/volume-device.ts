import type { Extent } from '../../image/disk/extents.ts';
import type { Run } from '../programs.ts';

/**
 * Lends a stretch of the disk to `use` as a block device of its own which the kernel lets nobody write to: a loop device that was
 * opened read-only, whatever the kernel itself makes of the disk's partition table.
 */
export const withVolumeDevice = async <Result>(
  disk: string,
  { firstByte, sizeBytes }: Extent,
  run: Run,
  use: (device: string) => Promise<Result>,
): Promise<Result> => {
  const place = ['--offset', `${firstByte}`, '--sizelimit', `${sizeBytes}`];
  const device = (await run('losetup', ['--find', '--show', '--read-only', ...place, disk])).trim();
  try {
    return await use(device);
  } finally {
    await run('losetup', ['--detach', device]);
  }
};
