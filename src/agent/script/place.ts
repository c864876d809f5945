import { rootedFiles } from '../../core/rooted-files.ts';
import type { DiskVolume } from '../system/disk-volumes.ts';
import { findLinux, linuxFileSystems, planMounts, withAll } from '../system/linux/linux.ts';
import type { Mount, WithMount } from '../system/mount.ts';

/** The deployed system that scripts run in or beside. */
export interface Place {
  kind: 'linux' | 'windows';
  mount: Pick<Mount, 'device' | 'fileSystem'>;
  /** Of a Linux: where its root lies in the file system. */
  folder: string;
}

const windowsFileSystem = 'ntfs';

const looked = async (volume: DiskVolume, withMount: WithMount): Promise<Place[]> => {
  const { device, type: fileSystem = '' } = volume;
  const mount = { device, fileSystem };
  if (linuxFileSystems.includes(fileSystem)) {
    const roots = await withMount({ ...mount, readOnly: true }, (mounted) =>
      findLinux(volume, fileSystem, mounted),
    );
    return roots.map(({ folder }) => ({ kind: 'linux', mount, folder }));
  }
  if (fileSystem !== windowsFileSystem) return [];
  const isWindows = await withMount({ ...mount, readOnly: true }, (mounted) =>
    rootedFiles(mounted, { anyCase: true }).isFolder('Windows/System32'),
  );
  return isWindows ? [{ kind: 'windows', mount, folder: '' }] : [];
};

/** Every system on the disk, found without changing a byte of it. */
export const findPlaces = async (volumes: readonly DiskVolume[], withMount: WithMount): Promise<Place[]> => {
  const places: Place[] = [];
  for (const volume of volumes) places.push(...(await looked(volume, withMount)));
  return places;
};

/** Lends the system, writable and with what its fstab puts below it; its programs may run, but not with more rights or as devices. */
export const inPlace = <Result>(
  { kind, mount, folder }: Place,
  volumes: readonly DiskVolume[],
  withMount: WithMount,
  use: (folder: string, devices: string[]) => Promise<Result>,
): Promise<Result> =>
  withMount({ ...mount, readOnly: false, executable: true }, async (mounted) => {
    const root = folder ? `${mounted}/${folder}` : mounted;
    if (kind === 'windows') return use(root, [mount.device]);
    const fstab = (await rootedFiles(root).read('etc/fstab')) ?? '';
    const below = planMounts(fstab, volumes).map((one) => ({ ...one, readOnly: false, executable: true }));
    const devices = [mount.device, ...below.map(({ device }) => device)];
    return withAll(root, below, withMount, () => use(root, devices));
  });
