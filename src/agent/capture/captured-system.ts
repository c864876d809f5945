import { open } from 'node:fs/promises';
import { type RootedFiles, rootedFiles } from '../../core/rooted-files.ts';
import {
  btrfsRoots,
  type FoundSystem,
  readElfProcessor,
  readOsRelease,
  readWindowsVersion,
} from '../../image/disk/operating-system.ts';
import type { Run } from '../programs.ts';
import { readValues } from '../system/windows/registry.ts';

const startOf = async (file: string): Promise<Buffer> => {
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(20), 0, 20, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
};

const findLinux = async (files: RootedFiles): Promise<FoundSystem | undefined> => {
  for (const root of btrfsRoots)
    for (const name of ['usr/lib/os-release', 'etc/os-release']) {
      const inRoot = (file: string): string => (root === '' ? file : `${root}/${file}`);
      const system = readOsRelease((await files.read(inRoot(name))) ?? '');
      if (!system) continue;
      const program = await files.locate(inRoot('usr/bin/env'));
      const architecture = program && readElfProcessor(await startOf(program));
      return { ...system, ...(architecture && { architecture }) };
    }
  return undefined;
};

const findWindows = async (files: RootedFiles, run: Run): Promise<FoundSystem | undefined> => {
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
  fileSystem === 'ntfs'
    ? findWindows(rootedFiles(folder, { anyCase: true }), run)
    : findLinux(rootedFiles(folder));
