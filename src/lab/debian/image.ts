import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { takeLock } from '../../image/store/lock.ts';
import { buildDisk } from './disk.ts';
import * as recipe from './recipe.ts';
import { buildSystem, type Tell } from './system.ts';

/** Changes with everything that the image is made of. */
const recipeId = (): string =>
  createHash('sha256')
    .update(JSON.stringify({ ...recipe, grubMenu: recipe.grubMenu('') }))
    .digest('hex')
    .slice(0, 12);

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

const unfinished = 'building-';

/** What a build left that was killed. */
const sweep = async (cacheFolder: string): Promise<void> => {
  for (const name of await readdir(cacheFolder))
    if (name.startsWith(unfinished)) await rm(path.join(cacheFolder, name), { recursive: true, force: true });
};

const build = async (
  image: string,
  cacheFolder: string,
  announce: Tell,
  signal: AbortSignal | undefined,
): Promise<void> => {
  const work = await mkdtemp(path.join(cacheFolder, unfinished));
  const tell: Tell = (step) => {
    signal?.throwIfAborted();
    announce(step);
  };
  try {
    const system = path.join(work, 'system');
    await buildSystem(system, announce, signal);
    const disk = path.join(work, 'disk.raw');
    await buildDisk(disk, system, work, tell);
    await rename(disk, image);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
};

/**
 * The lab's Debian 12 as a raw disk image in `cacheFolder`: built at the first call (two minutes, 300 MB of packages
 * from the machine's Debian mirror), found there later; who comes second waits. Needs root. Throws STEP_FAILED.
 */
export const debianImage = async (cacheFolder: string, tell: Tell, signal?: AbortSignal): Promise<string> => {
  const image = path.join(cacheFolder, `debian-12-${recipeId()}.raw`);
  if (await exists(image)) return image;
  await mkdir(cacheFolder, { recursive: true });
  const lock = await takeLock(path.join(cacheFolder, 'lock'), 'exclusive', { wait: true, signal });
  try {
    await sweep(cacheFolder);
    if (!(await exists(image))) await build(image, cacheFolder, tell, signal);
    return image;
  } finally {
    await lock?.release();
  }
};
