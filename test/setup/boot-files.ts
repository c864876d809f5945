import { mkdir, readFile, symlink } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import { baseName } from '../../src/setup/boot-folder/base.ts';
import { readLock } from '../../src/setup/boot-folder/lock.ts';
import { type BootFolderOptions, prepareBootFolder } from '../../src/setup/boot-folder/prepare.ts';
import { openTree, type Tree } from '../../src/setup/boot-folder/tree.ts';
import { runProgram } from '../../src/setup/program.ts';
import { project } from './samples.ts';

export const projectCache = path.join(project, 'boot/cache');

/** A boot folder of the test's own, with a small agent that others do not change meanwhile. */
export const prepareSample = async (
  bootFolder: string,
  agentEntry: string,
  options: Partial<BootFolderOptions> = {},
) =>
  prepareBootFolder({
    projectFolder: project,
    cacheFolder: projectCache,
    packagesFolder: path.join(projectCache, 'packages'),
    bootFolder,
    agentEntry,
    report: () => {},
    ...options,
  });

/** The packing programs of the project's cache, which the project's own `boot/` has been made with. */
export const projectTools = async (): Promise<Tree> => {
  const lock = await readLock(path.join(project, 'boot/boot.lock.json'));
  if (!lock) throw new Error('the project has no lock file');
  return openTree(path.join(projectCache, await baseName(lock), 'tools'));
};

const zstdMagic = Buffer.from('28b52ffd', 'hex');

/** An initrd as the kernel unpacks it: the uncompressed archive, then the compressed one over it. */
export const unpackInitrd = async (tools: Tree, initrd: string, folder: string): Promise<void> => {
  const bytes = await readFile(initrd);
  const at = bytes.indexOf(zstdMagic);
  const archives = [bytes.subarray(0, at), await promisify(zstdDecompress)(bytes.subarray(at))];
  await mkdir(folder, { recursive: true });
  for (const archive of archives)
    await tools.run('bin/cpio', ['-i', '-d', '--quiet', '--no-absolute-filenames'], {
      cwd: folder,
      input: archive,
    });
};

/** Only these of busybox's programs, as the first stage calls them; none that would restart this machine. */
export const linkApplets = async (busybox: string, folder: string, ...names: string[]): Promise<void> => {
  await mkdir(folder);
  for (const name of names) await symlink(busybox, path.join(folder, name));
};

export const listSquashfs = async (image: string): Promise<string[]> =>
  (await runProgram('unsquashfs', ['-l', '-d', '', image])).toString().split('\n');
