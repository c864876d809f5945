import { rootedFiles } from '../../core/rooted-files.ts';
import type { DiskVolume } from '../system/disk-volumes.ts';
import { findSystems } from '../system/find-systems.ts';
import { inFolder, planMounts, withAll } from '../system/linux/linux.ts';
import type { Mount, WithMount } from '../system/mount.ts';

/** The deployed system that scripts run in or beside. */
export interface Place {
  kind: 'linux' | 'windows';
  mount: Pick<Mount, 'device' | 'fileSystem'>;
  /** Of a Linux: where its root lies in the file system. */
  folder: string;
}

/** Every system on the disk, found without changing a byte of it. */
export const findPlaces = async (volumes: readonly DiskVolume[], withMount: WithMount): Promise<Place[]> =>
  (await findSystems(volumes, withMount)).map((system) => ({
    kind: system.kind,
    mount: { device: system.volume.device, fileSystem: system.volume.type ?? '' },
    folder: system.kind === 'linux' ? system.folder : '',
  }));

/** Lends the system, writable and with what its fstab puts below it; its programs may run, but not with more rights or as devices. */
export const inPlace = <Result>(
  { kind, mount, folder }: Place,
  volumes: readonly DiskVolume[],
  withMount: WithMount,
  use: (folder: string, devices: string[]) => Promise<Result>,
): Promise<Result> =>
  withMount({ ...mount, readOnly: false, executable: true }, async (mounted) => {
    const root = inFolder(mounted, folder);
    if (kind === 'windows') return use(root, [mount.device]);
    const fstab = (await rootedFiles(root).read('etc/fstab')) ?? '';
    const below = planMounts(fstab, volumes).map((one) => ({ ...one, readOnly: false, executable: true }));
    const devices = [mount.device, ...below.map(({ device }) => device)];
    return withAll(root, below, withMount, () => use(root, devices));
  });
