import { rootedFiles } from '../../core/rooted-files.ts';
import { findLinuxSystem } from '../../image/disk/linux-system.ts';
import { type FoundSystem, readWindowsVersion } from '../../image/disk/operating-system.ts';
import type { Run } from '../programs.ts';
import { readValues } from '../system/windows/registry.ts';

const findWindows = async (folder: string, run: Run): Promise<FoundSystem | undefined> => {
  const files = rootedFiles(folder, { anyCase: true });
  const hive = await files.locate('Windows/System32/config/SOFTWARE');
  const values =
    hive === undefined ? undefined : await readValues(hive, 'Microsoft\\Windows NT\\CurrentVersion', run);
  return values === undefined
    ? undefined
    : readWindowsVersion(Object.fromEntries(values.map(({ name, text }) => [name, text])));
};

/** The operating system on a file system that is mounted read-only; `undefined` where there is none. */
export const findCapturedSystem = (
  folder: string,
  fileSystem: string,
  run: Run,
): Promise<FoundSystem | undefined> =>
  fileSystem === 'ntfs' ? findWindows(folder, run) : findLinuxSystem(folder);
