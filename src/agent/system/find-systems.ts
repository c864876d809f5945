import type { DiskVolume } from './disk-volumes.ts';
import { findLinux, type LinuxRoot, linuxFileSystems } from './linux/linux.ts';
import type { WithMount } from './mount.ts';
import { findWindows, type WindowsRoot } from './windows/windows.ts';

export type Root = LinuxRoot | WindowsRoot;

/** Looks into every file system that may hold an operating system, without changing a byte of it. */
export const findSystems = async (volumes: readonly DiskVolume[], withMount: WithMount): Promise<Root[]> => {
  const systems: Root[] = [];
  for (const volume of volumes) {
    const fileSystem = volume.type ?? '';
    if (fileSystem !== 'ntfs' && !linuxFileSystems.includes(fileSystem)) continue;
    const mount = { device: volume.device, fileSystem, readOnly: true };
    const found = await withMount<Root[]>(mount, (mounted) =>
      fileSystem === 'ntfs' ? findWindows(volume, mounted) : findLinux(volume, fileSystem, mounted),
    );
    systems.push(...found);
  }
  return systems;
};
