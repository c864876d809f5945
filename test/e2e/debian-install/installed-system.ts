import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { run } from '../../../src/lab/program.ts';

export interface InstalledSystem {
  hostName: string;
  /** The file /etc/os-release. */
  osRelease: string;
  /** Where the installer got its answer, from the log that it left. */
  answerUrl: string;
}

interface Partition {
  start: number;
  size: number;
}

/** Looks at the disk of a PC that is off: its largest partition is the root. Needs root. */
export const installedSystem = async (diskFile: string, folder: string): Promise<InstalledSystem> => {
  const table = JSON.parse(await run('sfdisk', ['--json', diskFile])).partitiontable;
  const partitions: Partition[] = table.partitions;
  const [root] = partitions.toSorted((one, other) => other.size - one.size);
  if (!root) throw new Error('the disk has no partition');
  const bytes = (sectors: number) => String(sectors * (table.sectorsize ?? 512));
  const place = ['--offset', bytes(root.start), '--sizelimit', bytes(root.size)];
  const device = (await run('losetup', ['--find', '--show', '--read-only', ...place, diskFile])).trim();
  await mkdir(folder, { recursive: true });
  try {
    await run('mount', ['-o', 'ro,noload', device, folder]);
    try {
      const text = (name: string) => readFile(path.join(folder, name), 'utf8');
      const [, answerUrl = ''] =
        /Command line: .*\burl=(\S+)/.exec(await text('var/log/installer/syslog')) ?? [];
      return {
        hostName: (await text('etc/hostname')).trim(),
        osRelease: await text('usr/lib/os-release'),
        answerUrl,
      };
    } finally {
      await run('umount', [folder]);
    }
  } finally {
    await run('losetup', ['--detach', device]);
  }
};
