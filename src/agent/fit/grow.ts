import type { Run } from '../programs.ts';
import type { WithMount } from '../system/mount.ts';

type Grow = (device: string, run: Run, withMount: WithMount) => Promise<unknown>;

const growExt: Grow = async (device, run) => {
  // resize2fs insists on a check. Status 1: faults were found and repaired (e2fsck(8)).
  await run('e2fsck', ['-f', '-p', device], { accept: [0, 1] });
  await run('resize2fs', [device]);
};

const growBy: Record<string, Grow> = {
  ext2: growExt,
  ext3: growExt,
  ext4: growExt,
  // It asks before it writes.
  ntfs: (device, run) => run('ntfsresize', ['--force', '--no-progress-bar', device], { input: 'y\n' }),
  xfs: (device, run, withMount) =>
    withMount({ device, fileSystem: 'xfs', readOnly: false }, (folder) => run('xfs_growfs', [folder])),
  btrfs: (device, run, withMount) =>
    withMount({ device, fileSystem: 'btrfs', readOnly: false }, (folder) =>
      run('btrfs', ['filesystem', 'resize', 'max', folder]),
    ),
};

/** Grows a file system into all of its partition. Throws STEP_FAILED. */
export const growFileSystem = async (
  device: string,
  fileSystem: string,
  run: Run,
  withMount: WithMount,
): Promise<void> => {
  await growBy[fileSystem]?.(device, run, withMount);
};
