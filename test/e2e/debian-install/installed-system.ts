import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { run } from '../../../src/agent/programs.ts';
import { withDiskVolumes } from '../../../src/agent/system/disk-volumes.ts';
import { findSystems } from '../../../src/agent/system/find-systems.ts';
import { mountWith } from '../../../src/agent/system/mount.ts';

export interface InstalledSystem {
  hostName: string;
  /** The file /etc/os-release. */
  osRelease: string;
  /** Where the installer got its answer, from the log that it left. */
  answerUrl: string;
  /** Whether its root is a logical volume. */
  isLogical: boolean;
}

const withDisk = async <Result>(file: string, use: (device: string) => Promise<Result>): Promise<Result> => {
  const device = (await run('losetup', ['--find', '--show', '--partscan', '--read-only', file])).trim();
  try {
    await run('partx', ['--update', device]);
    return await use(device);
  } finally {
    await run('losetup', ['--detach', device]);
  }
};

/** Looks at the disk of a PC that is off, which holds one Linux. Needs root. */
export const installedSystem = (diskFile: string): Promise<InstalledSystem> =>
  withDisk(diskFile, async (device) => {
    const { partitiontable } = JSON.parse(await run('sfdisk', ['--json', diskFile]));
    const partitions = partitiontable.partitions.map(({ type }: { type: string }, index: number) => ({
      number: index + 1,
      type,
    }));
    return withDiskVolumes(device, { table: { ...partitiontable, partitions } }, run, async (volumes) => {
      const withMount = mountWith(run);
      const [root, ...more] = await findSystems(volumes, withMount);
      if (root?.kind !== 'linux' || more.length > 0)
        throw new Error('the disk does not hold one Linux and nothing else');
      const { volume, fileSystem } = root;
      return withMount({ device: volume.device, fileSystem, readOnly: true }, async (folder) => {
        const text = (name: string) => readFile(path.join(folder, name), 'utf8');
        const [, answerUrl = ''] =
          /Command line: .*\burl=(\S+)/.exec(await text('var/log/installer/syslog')) ?? [];
        return {
          hostName: (await text('etc/hostname')).trim(),
          osRelease: await text('usr/lib/os-release'),
          answerUrl,
          isLogical: volume.logicalNames !== undefined,
        };
      });
    });
  });
