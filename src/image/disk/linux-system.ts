import { open } from 'node:fs/promises';
import { rootedFiles } from '../../core/rooted-files.ts';
import { btrfsRoots, type FoundSystem, readElfProcessor, readOsRelease } from './operating-system.ts';

/** The processor that a program is for. Throws what opening it throws. */
export const processorOf = async (program: string): Promise<string | undefined> => {
  const handle = await open(program, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(20), 0, 20, 0);
    return readElfProcessor(buffer.subarray(0, bytesRead));
  } finally {
    await handle.close();
  }
};

/** The Linux of a file system whose top is this folder, which may be hostile; `undefined` where there is none. */
export const findLinuxSystem = async (folder: string): Promise<FoundSystem | undefined> => {
  const files = rootedFiles(folder);
  for (const root of btrfsRoots)
    for (const name of ['usr/lib/os-release', 'etc/os-release']) {
      const inRoot = (file: string): string => (root === '' ? file : `${root}/${file}`);
      const system = readOsRelease((await files.read(inRoot(name))) ?? '');
      if (!system) continue;
      const program = await files.locate(inRoot('usr/bin/env'));
      const architecture = program === undefined ? undefined : await processorOf(program);
      return { ...system, ...(architecture && { architecture }) };
    }
  return undefined;
};
