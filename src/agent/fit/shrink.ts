import { open } from 'node:fs/promises';
import type { ChunkIndex } from '../../image/format/index-file.ts';
import type { Run } from '../programs.ts';
import type { WithMount } from '../system/mount.ts';
import { withFile } from './fuse-file.ts';
import { viewVolume } from './volume-view.ts';

export interface Shrinking {
  /** The partition's device, with the volume's front restored into it. */
  device: string;
  fileSystem: string;
  /** The volume as the image has it. */
  index: ChunkIndex;
  /** The partition's size. */
  sizeBytes: number;
}

export interface ShrinkTools {
  run: Run;
  withMount: WithMount;
  /** A chunk of an index, fetched and proven. */
  readChunk(index: ChunkIndex, item: number): Promise<Buffer>;
}

type Shrink = (file: string, sizeBytes: number, tools: ShrinkTools) => Promise<unknown>;

/** A large file system takes its time: what is moved comes over the network. */
const timeLimitMs = 6 * 60 * 60 * 1000;

const shrinkExt: Shrink = async (file, sizeBytes, { run }) => {
  // resize2fs insists on a check. Status 1: faults were found and repaired (e2fsck(8)).
  await run('e2fsck', ['-f', '-p', file], { accept: [0, 1], timeLimitMs });
  await run('resize2fs', [file, `${Math.floor(sizeBytes / 1024)}K`], { timeLimitMs });
};

const withLoop = async (file: string, run: Run, use: (device: string) => Promise<unknown>): Promise<void> => {
  const device = (await run('losetup', ['--find', '--show', file])).trim();
  try {
    await use(device);
  } finally {
    await run('losetup', ['--detach', device]);
  }
};

const shrinkBtrfs: Shrink = (file, sizeBytes, { run, withMount }) =>
  withLoop(file, run, (device) =>
    withMount({ device, fileSystem: 'btrfs', readOnly: false }, (folder) =>
      run('btrfs', ['filesystem', 'resize', `${Math.floor(sizeBytes / 4096) * 4096}`, folder], {
        timeLimitMs,
      }),
    ),
  );

const shrinkNtfs: Shrink = (file, sizeBytes, { run }) =>
  // It asks before it writes.
  run('ntfsresize', ['--force', '--no-progress-bar', '--size', `${sizeBytes}`, file], {
    input: 'y\n',
    timeLimitMs,
  });

const shrinkBy: Record<string, Shrink> = {
  ext2: shrinkExt,
  ext3: shrinkExt,
  ext4: shrinkExt,
  ntfs: shrinkNtfs,
  btrfs: shrinkBtrfs,
};

/** The chunk that the new end cuts: its front was left out when the volume was restored. */
const writeCutChunk = async (
  { index, sizeBytes }: Shrinking,
  write: (bytes: Buffer, position: number) => Promise<unknown>,
  { readChunk }: ShrinkTools,
): Promise<void> => {
  const item = index.firstAfter(sizeBytes);
  const start = index.start(item);
  if (start === sizeBytes || index.isZero(item)) return;
  const chunk = await readChunk(index, item);
  await write(chunk.subarray(0, sizeBytes - start), start);
};

/**
 * Makes a file system as small as its partition, of which the disk has only the front: the program sees the volume whole, its tail comes from
 * the image. Throws STEP_FAILED, and what fetching a chunk throws.
 */
export const shrinkFileSystem = async (shrinking: Shrinking, tools: ShrinkTools): Promise<void> => {
  const { device, fileSystem, index, sizeBytes } = shrinking;
  const partition = await open(device, 'r+');
  try {
    await writeCutChunk(
      shrinking,
      (bytes, position) => partition.write(bytes, 0, bytes.length, position),
      tools,
    );
    const readChunk = (item: number) => tools.readChunk(index, item);
    const content = viewVolume({ index, partition, keptBytes: sizeBytes, readChunk });
    await withFile(content, tools.run, async (file) => shrinkBy[fileSystem]?.(file, sizeBytes, tools));
    await partition.sync();
  } finally {
    await partition.close();
  }
  await tools.run('blockdev', ['--flushbufs', device]);
};
