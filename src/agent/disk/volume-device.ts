import type { Extent } from '../../image/disk/extents.ts';
import type { Run } from '../programs.ts';

/**
 * Lends a stretch of a disk or partition to `use` as a block device of its own, whatever the kernel itself makes of the partition table. The
 * kernel lets nobody write to it unless told.
 */
export const withVolumeDevice = async <Result>(
  disk: string,
  { firstByte, sizeBytes }: Extent,
  run: Run,
  use: (device: string) => Promise<Result>,
  { writable = false } = {},
): Promise<Result> => {
  const place = ['--offset', `${firstByte}`, '--sizelimit', `${sizeBytes}`];
  const access = writable ? [] : ['--read-only'];
  const device = (await run('losetup', ['--find', '--show', ...access, ...place, disk])).trim();
  try {
    return await use(device);
  } finally {
    await run('losetup', ['--detach', device]);
  }
};
