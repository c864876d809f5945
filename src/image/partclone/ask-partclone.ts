import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Extent, merged, totalOf } from '../disk/extents.ts';
import { parseDomainLog } from './domain-log.ts';

/** blkid's type → the last part of partclone's program. */
export const partclonePrograms: Readonly<Record<string, string>> = {
  ext2: 'extfs',
  ext3: 'extfs',
  ext4: 'extfs',
  ext4dev: 'extfs',
  xfs: 'xfs',
  btrfs: 'btrfs',
  f2fs: 'f2fs',
  vfat: 'fat',
  exfat: 'exfat',
  ntfs: 'ntfs',
  hfsplus: 'hfsp',
  apfs: 'apfs',
};

export interface AskPartclone {
  /** A value of `partclonePrograms`. */
  program: string;
  device: string;
  /** Also of an unclean file system. */
  force?: boolean;
  timeLimitMs?: number;
  /** Runs a program to its end; throws when that is a failure. */
  run(
    program: string,
    args: string[],
    limits: { timeLimitMs?: number | undefined; signal?: AbortSignal | undefined },
  ): Promise<unknown>;
  signal?: AbortSignal | undefined;
}

/** What partclone says is used of a device; nothing is copied. */
export const askPartclone = async ({
  program,
  device,
  force,
  run,
  ...limits
}: AskPartclone): Promise<ReturnType<typeof parseDomainLog>> => {
  const folder = await mkdtemp(path.join(tmpdir(), 'greif-partclone-'));
  try {
    const [file, log] = [path.join(folder, 'domain'), path.join(folder, 'log')];
    // Without --UI-fresh=0 it sleeps two seconds between looks at its own progress.
    const options = [
      '--domain',
      ...(force ? ['--force'] : []),
      '--quiet',
      '--UI-fresh',
      '0',
      '--logfile',
      log,
    ];
    await run(`partclone.${program}`, [...options, '--source', device, '--output', file], limits);
    return parseDomainLog(await readFile(file, 'utf8'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** The used blocks of a volume, counted from its start. What lies behind the end of its file system counts as used: partclone does not know it. */
export const usedExtents = async (ask: AskPartclone, sizeBytes: number): Promise<Extent[]> => {
  const { used, coveredBytes } = await askPartclone(ask);
  if (totalOf(used) === 0) throw new Error('partclone names no used block');
  const tail = { firstByte: coveredBytes, sizeBytes: Math.max(0, sizeBytes - coveredBytes) };
  return merged([...used, tail]);
};
