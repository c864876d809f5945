import { chmod, chown, lstat, open, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { GreifError } from '../../core/errors.ts';

/** No configuration file that we touch is larger. */
const readAtMost = 1024 * 1024;

const lstatOrNothing = (file: string) =>
  lstat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });

/**
 * Files of a mounted image, which may be hostile: no folder on the way may be a symbolic link, only plain files are read, and
 * writing replaces the name itself, so that a link is never followed out of the image.
 */
export interface RootedFiles {
  /** The text of a plain file; `undefined` if there is nothing of that name, or something else. */
  read(name: string): Promise<string | undefined>;
  exists(name: string): Promise<boolean>;
  /** Atomic and durable; keeps owner and mode of a plain file that was there. Throws STEP_FAILED when its folder is not one. */
  write(name: string, text: string): Promise<void>;
}

const write = async (file: string, text: string): Promise<void> => {
  const old = await lstatOrNothing(file);
  if (old?.isDirectory()) throw new GreifError('STEP_FAILED', `${file} of the image is a folder`);
  const draft = path.join(path.dirname(file), `.${path.basename(file)}.greif`);
  await rm(draft, { force: true });
  const handle = await open(draft, 'wx', 0o644);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  if (old?.isFile()) {
    await chown(draft, old.uid, old.gid);
    await chmod(draft, old.mode & 0o777);
  }
  await rename(draft, file);
};

export const rootedFiles = (root: string): RootedFiles => {
  /** The place of the name if all its folders are real ones within the root. */
  const placeOf = async (name: string): Promise<string | undefined> => {
    const folders = name.split('/').slice(0, -1);
    let at = root;
    for (const folder of folders) {
      at = path.join(at, folder);
      if (!(await lstatOrNothing(at))?.isDirectory()) return undefined;
    }
    return path.join(root, name);
  };
  return {
    async read(name) {
      const place = await placeOf(name);
      if (!place) return undefined;
      const found = await lstatOrNothing(place);
      return found?.isFile() && found.size <= readAtMost ? readFile(place, 'utf8') : undefined;
    },
    async exists(name) {
      const place = await placeOf(name);
      return place !== undefined && (await lstatOrNothing(place)) !== undefined;
    },
    async write(name, text) {
      const place = await placeOf(name);
      if (!place)
        throw new GreifError('STEP_FAILED', `the image has no folder for /${name}, or a link in its place`);
      await write(place, text);
    },
  };
};
