import { chmod, copyFile, lutimes, mkdir, readdir, stat, symlink } from 'node:fs/promises';
import path from 'node:path';
import { GreifError } from '../../core/errors.ts';
import type { Tree } from './tree.ts';

/** A file system in the making, as a folder. */
export interface Staging {
  readonly folder: string;
  add(source: string, target: string): Promise<void>;
  link(target: string, to: string): Promise<void>;
}

export const openStaging = (folder: string): Staging => {
  const place = async (target: string) => {
    const file = path.join(folder, target);
    await mkdir(path.dirname(file), { recursive: true });
    return file;
  };
  return {
    folder,
    add: async (source, target) => copyFile(source, await place(target)),
    link: async (target, to) => symlink(to, await place(target)),
  };
};

/** A file of the packages. Throws STEP_FAILED when they have none of that name. */
export const addFromTree = async (
  staging: Staging,
  tree: Tree,
  file: string,
  target: string,
): Promise<void> => {
  const source = await tree.find(file);
  if (!source) throw new GreifError('STEP_FAILED', `none of the locked packages holds ${file}`);
  await staging.add(source, target);
};

/** Times, owners' rights and nothing else of this machine may show in what is packed: the same input, the same bytes. */
export const levelOut = async (folder: string): Promise<void> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    const file = path.join(entry.parentPath, entry.name);
    if (entry.isDirectory()) await chmod(file, 0o755);
    else if (entry.isFile()) await chmod(file, (await stat(file)).mode & 0o100 ? 0o755 : 0o644);
    await lutimes(file, 0, 0);
  }
  await chmod(folder, 0o755);
  await lutimes(folder, 0, 0);
};

/** A newc archive of the folder, sorted, owned by root. */
export const packCpio = async (tree: Tree, folder: string): Promise<Buffer> => {
  await levelOut(folder);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const names = entries.map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
  const list = names.sort().join('\n');
  return tree.run('bin/cpio', ['--quiet', '-o', '-H', 'newc', '--reproducible', '-R', '+0:+0'], {
    cwd: folder,
    input: `${list}\n`,
  });
};

const zstdLevel = '15';

/** A squashfs image of the folder, owned by root; with `append`, the folder's content is added to an image that is there. */
export const packSquashfs = async (
  tree: Tree,
  folder: string,
  image: string,
  { append = false }: { append?: boolean } = {},
): Promise<void> => {
  await levelOut(folder);
  const repeatable = [
    '-all-root',
    '-no-xattrs',
    '-mkfs-time',
    '0',
    '-all-time',
    '0',
    '-no-progress',
    '-quiet',
  ];
  const packing = append
    ? ['-no-recovery']
    : ['-noappend', '-comp', 'zstd', '-Xcompression-level', zstdLevel];
  await tree.run('usr/bin/mksquashfs', [folder, image, ...packing, ...repeatable]);
};
