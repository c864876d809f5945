import { type RootedFiles, rootedFiles } from '../../../core/rooted-files.ts';
import { btrfsRoots } from '../../../image/disk/operating-system.ts';
import { type DiskVolume, volumeName } from '../disk-volumes.ts';
import type { Mount, WithMount } from '../mount.ts';
import type { StepReport } from '../step.ts';
import type { PersonalisedSystem, SystemTools } from '../system-tools.ts';
import { holdFstab } from './check-fstab.ts';
import { findDevice } from './device-names.ts';
import { parseFstab } from './fstab.ts';
import { giveHostName, giveMachineId, giveRandomSeed, removeCredentialSecret } from './identity.ts';
import { withInitramfsUntouched } from './initramfs.ts';
import { checkKernelArguments } from './kernel-arguments.ts';
import { removeCloudInstance, removeLeases } from './leftovers.ts';
import type { LinuxStep, LinuxSystem } from './linux-step.ts';
import { freeTheNetwork } from './network.ts';
import { giveHostKeys } from './ssh-host-keys.ts';

export const linuxFileSystems = ['ext2', 'ext3', 'ext4', 'xfs', 'btrfs'];

const rootFolders = (fileSystem: string): readonly string[] => (fileSystem === 'btrfs' ? btrfsRoots : ['']);

export interface LinuxRoot {
  kind: 'linux';
  volume: DiskVolume;
  fileSystem: string;
  /** Within the mounted file system. */
  folder: string;
}

export const inFolder = (mounted: string, folder: string): string =>
  folder ? `${mounted}/${folder}` : mounted;

const isLinuxRoot = async (files: RootedFiles): Promise<boolean> =>
  (await files.exists('etc/os-release')) || (await files.exists('usr/lib/os-release'));

/** Looks for a Linux in the mounted volume, without changing a byte of it. */
export const findLinux = async (
  volume: DiskVolume,
  fileSystem: string,
  mounted: string,
): Promise<LinuxRoot[]> => {
  const roots: LinuxRoot[] = [];
  for (const folder of rootFolders(fileSystem))
    if (await isLinuxRoot(rootedFiles(inFolder(mounted, folder))))
      roots.push({ kind: 'linux', volume, fileSystem, folder });
  return roots;
};

/** What a system keeps outside its root, where we have to do with it; `/boot` and `/usr` are only looked at. */
const mountPoints: Record<string, { readOnly: boolean }> = {
  '/boot': { readOnly: true },
  '/usr': { readOnly: true },
  '/var': { readOnly: false },
  '/var/lib': { readOnly: false },
  '/var/log': { readOnly: false },
};

/** What the system's own fstab puts below its root, shortest way first: partitions, and subvolumes of btrfs. Pure. */
export const planMounts = (fstab: string, volumes: readonly DiskVolume[]): (Mount & { at: string })[] =>
  parseFstab(fstab)
    .flatMap(({ device, mountPoint, options }) => {
      const place = mountPoints[mountPoint];
      const is = findDevice(device, volumes);
      const fileSystem = is.kind === 'here' ? is.volume.type : undefined;
      if (!place || is.kind !== 'here' || !fileSystem || !linuxFileSystems.includes(fileSystem)) return [];
      const subvolume = options.find((one) => one.startsWith('subvol='))?.slice('subvol='.length);
      if (subvolume !== undefined && fileSystem !== 'btrfs') return [];
      return [{ device: is.volume.device, fileSystem, ...place, at: mountPoint.slice(1), subvolume }];
    })
    .sort((one, other) => one.at.length - other.at.length);

/** Lends the root with all of these mounted in their places. A place that is no folder of the image stays empty. */
export const withAll = async <Result>(
  root: string,
  [mount, ...rest]: readonly (Mount & { at: string })[],
  withMount: WithMount,
  use: () => Promise<Result>,
): Promise<Result> => {
  if (!mount) return use();
  const next = () => withAll(root, rest, withMount, use);
  if (!(await rootedFiles(root).isFolder(mount.at))) return next();
  return withMount({ ...mount, at: `${root}/${mount.at}` }, next);
};

/** Makes of the golden PC's Linux one of its own, step by step. Throws STEP_FAILED. */
export const personaliseLinux = async (
  { volume, fileSystem, folder }: LinuxRoot,
  volumes: readonly DiskVolume[],
  hostName: string,
  { run, withMount, log }: SystemTools,
): Promise<PersonalisedSystem> => {
  const changed = [volume.device];
  const steps: LinuxStep[] = [
    giveHostName,
    giveMachineId,
    giveHostKeys,
    giveRandomSeed,
    removeCredentialSecret,
    removeLeases,
    removeCloudInstance,
    freeTheNetwork,
    holdFstab((device) => changed.push(device)),
    checkKernelArguments,
  ];
  const carryOut = async (system: LinuxSystem): Promise<StepReport[]> => {
    const reports: StepReport[] = [];
    for (const step of steps) {
      const done = await step(system);
      log[done.outcome === 'warning' ? 'warn' : 'info'](`${done.name}: ${done.detail}`);
      reports.push(done);
    }
    return reports;
  };
  const root = { device: volume.device, fileSystem, readOnly: false };
  return withMount(root, async (mounted) => {
    const place = inFolder(mounted, folder);
    const files = rootedFiles(place);
    const mounts = planMounts((await files.read('etc/fstab')) ?? '', volumes);
    changed.push(...mounts.filter(({ readOnly }) => !readOnly).map(({ device }) => device));
    const reports = await withAll(place, mounts, withMount, () =>
      withInitramfsUntouched(files, () => carryOut({ files, hostName, volumes, run, log })),
    );
    return { steps: reports, changed };
  });
};

/** Volumes that hold a system where it is not looked for. */
export const unopenedBy = (volume: DiskVolume, volumes: readonly DiskVolume[]): string | undefined => {
  const isOpened = volumes.some(
    ({ partition, logicalNames }) => logicalNames && partition === volume.partition,
  );
  if (volume.type === 'LVM2_member' && isOpened) return undefined;
  const names: Record<string, string> = {
    LVM2_member: 'an LVM physical volume without a plain volume in one piece',
    crypto_LUKS: 'a LUKS volume',
    linux_raid_member: 'a member of a Linux RAID',
    zfs_member: 'a ZFS pool',
    BitLocker: 'a BitLocker volume',
  };
  const name = names[volume.type ?? ''];
  return name && `${volumeName(volume)} is ${name}`;
};
