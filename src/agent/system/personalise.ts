import { randomBytes } from 'node:crypto';
import type { Manifest, Volume } from '../../image/format/manifest.ts';
import { setHostName } from './hosts-file.ts';
import type { WithMount } from './mount.ts';
import { partitionPath } from './partition-path.ts';
import { type RootedFiles, rootedFiles } from './rooted-files.ts';
import type { StepReport } from './step.ts';

const linuxFileSystems = ['ext2', 'ext3', 'ext4', 'xfs', 'btrfs'];

/** Where a distribution's root lies in its file system: at the top, or in the usual btrfs subvolumes. */
const rootFolders = (fileSystem: string): string[] => (fileSystem === 'btrfs' ? ['', '@', 'root'] : ['']);

interface LinuxRoot {
  device: string;
  fileSystem: string;
  /** Within the mounted file system. */
  folder: string;
  volume: Volume;
}

const isLinuxRoot = async (files: RootedFiles): Promise<boolean> =>
  (await files.exists('etc/os-release')) || (await files.exists('usr/lib/os-release'));

const inFolder = (mounted: string, folder: string): RootedFiles =>
  rootedFiles(folder ? `${mounted}/${folder}` : mounted);

/** Looks into every Linux file system of the image, without changing a byte of it. */
const findRoots = async (disk: string, manifest: Manifest, withMount: WithMount): Promise<LinuxRoot[]> => {
  const roots: LinuxRoot[] = [];
  for (const volume of manifest.volumes) {
    const fileSystem = volume.fileSystem?.type ?? '';
    if (volume.partition === undefined || !linuxFileSystems.includes(fileSystem)) continue;
    const device = partitionPath(disk, volume.partition);
    await withMount({ device, fileSystem, readOnly: true }, async (mounted) => {
      for (const folder of rootFolders(fileSystem))
        if (await isLinuxRoot(inFolder(mounted, folder))) roots.push({ device, fileSystem, folder, volume });
    });
  }
  return roots;
};

const writeNames = async (files: RootedFiles, hostName: string, machineId: string): Promise<void> => {
  await files.write('etc/hostname', `${hostName}\n`);
  await files.write(
    'etc/hosts',
    setHostName((await files.read('etc/hosts')) ?? '127.0.0.1\tlocalhost\n', hostName),
  );
  await files.write('etc/machine-id', `${machineId}\n`);
  // D-Bus has its own copy in older systems; usually it is a link to the one above.
  if ((await files.read('var/lib/dbus/machine-id')) !== undefined)
    await files.write('var/lib/dbus/machine-id', `${machineId}\n`);
};

export interface Personalised {
  steps: StepReport[];
  /** The volume that was written to. */
  volume?: Volume | undefined;
}

const skipped = (detail: string): Personalised => ({
  steps: ['host-name', 'machine-id'].map((name) => ({ name, outcome: 'skipped', detail })),
});

/**
 * Gives the installed Linux its host name, and a machine-id of its own (machine-id(5): 32 hex digits, never shared). An image
 * without a Linux, or with several, is left alone.
 */
export const personalise = async (
  disk: string,
  manifest: Manifest,
  hostName: string,
  withMount: WithMount,
): Promise<Personalised> => {
  const [root, ...others] = await findRoots(disk, manifest, withMount);
  if (!root) return skipped('the image holds no Linux system in a file system that is known here');
  if (others.length > 0) return skipped(`the image holds ${others.length + 1} Linux systems`);
  const machineId = randomBytes(16).toString('hex');
  await withMount({ device: root.device, fileSystem: root.fileSystem, readOnly: false }, (mounted) =>
    writeNames(inFolder(mounted, root.folder), hostName, machineId),
  );
  const where = `partition ${root.volume.partition}`;
  return {
    steps: [
      { name: 'host-name', outcome: 'done', detail: `${hostName} on ${where}` },
      { name: 'machine-id', outcome: 'done', detail: `a new one on ${where}` },
    ],
    volume: root.volume,
  };
};
