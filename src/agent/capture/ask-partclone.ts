import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Run } from '../programs.ts';
import { parseDomainLog } from './domain-log.ts';

export interface AskPartclone {
  /** `ext4`, `ntfs`, …: the last part of its program's name. */
  program: string;
  device: string;
  /** Also of an unclean file system. */
  force?: boolean;
  timeLimitMs?: number;
  run: Run;
  signal: AbortSignal;
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
