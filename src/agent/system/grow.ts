import type { Run } from '../programs.ts';
import type { WithMount } from './mount.ts';
import { type Growth, partitionPath } from './partition-table.ts';
import type { StepReport } from './step.ts';

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

/** Grows the file system of the last partition into the room that the partition table has given it. Throws STEP_FAILED. */
export const growFileSystem = async (
  disk: string,
  growth: Growth,
  run: Run,
  withMount: WithMount,
): Promise<StepReport> => {
  if (growth.kind === 'keep') return { name: 'grow', outcome: 'skipped', detail: growth.reason };
  const { partition, fileSystem } = growth;
  await growBy[fileSystem]?.(partitionPath(disk, partition.number), run, withMount);
  return {
    name: 'grow',
    outcome: 'done',
    detail: `${fileSystem} on partition ${partition.number} fills the disk`,
  };
};
