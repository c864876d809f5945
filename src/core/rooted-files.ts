import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { lstat, mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { GreifError } from './errors.ts';
import { unlessPathMissing } from './missing.ts';

/** No configuration file that we touch is larger. */
const readAtMost = 1024 * 1024;

const lstatOrNothing = (file: string) => lstat(file).catch(unlessPathMissing);

/** What a file is filled with. */
export type Content = string | Uint8Array | AsyncIterable<Uint8Array>;

export interface WriteOptions {
  /** The mode of a file that was not there; 0644 unless told. */
  mode?: number;
}

/**
 * Files of a mounted image, which may be hostile: no folder on the way may be a symbolic link (NTFS: a junction), only plain files are
 * read, and what is no plain file is replaced and never followed out of the image. Names count from the image's root, without a slash in front.
 */
export interface RootedFiles {
  /** The bytes of a plain file of at most 1 MiB; `undefined` if there is nothing of that name, or something else. */
  bytes(name: string): Promise<Buffer | undefined>;
  /** The same as text. */
  read(name: string): Promise<string | undefined>;
  /** SHA-256 of a plain file of any size, in hex. */
  digest(name: string): Promise<string | undefined>;
  exists(name: string): Promise<boolean>;
  isFolder(name: string): Promise<boolean>;
  /** Where a plain file is, for a program that works on it. */
  locate(name: string): Promise<string | undefined>;
  /** The names in a folder, sorted; none when there is no such folder. */
  list(folder: string): Promise<string[]>;
  /**
   * Durable. A plain file that was there is filled anew and so keeps its owner, mode and labels (SELinux). Throws STEP_FAILED when its
   * folder is not one.
   */
  write(name: string, content: Content, options?: WriteOptions): Promise<void>;
  /** A plain file of any size. Throws STEP_FAILED when there is none. */
  copy(from: string, to: string): Promise<void>;
  /** With all folders on the way to it. Throws STEP_FAILED when something else is in the way. */
  makeFolder(name: string): Promise<void>;
  /** A file, a link itself or a whole folder. Answers whether there was one. */
  remove(name: string): Promise<boolean>;
}

export interface RootedOptions {
  /** Names are found as NTFS and FAT find them, whatever the case of their letters. */
  anyCase?: boolean;
}

const partsOf = (name: string): string[] => {
  const parts = name.split('/');
  if (parts.every((part) => part !== '' && part !== '.' && part !== '..')) return parts;
  throw new GreifError('STEP_FAILED', `"${name}" is no name of a file in the image`);
};

/** The name as the folder has it. */
const spelled = async (folder: string, name: string, anyCase: boolean): Promise<string> => {
  if (!anyCase || (await lstatOrNothing(path.join(folder, name)))) return name;
  const names = await readdir(folder).catch(() => []);
  return names.find((other) => other.toLowerCase() === name.toLowerCase()) ?? name;
};

const fill = async (file: string, content: Content, mode: number): Promise<void> => {
  const old = await lstatOrNothing(file);
  if (old?.isDirectory()) throw new GreifError('STEP_FAILED', `${file} of the image is a folder`);
  if (old && !old.isFile()) await rm(file);
  const { O_WRONLY, O_NOFOLLOW, O_TRUNC, O_CREAT, O_EXCL } = constants;
  const how = old?.isFile() ? O_TRUNC : O_CREAT | O_EXCL;
  const handle = await open(file, O_WRONLY | O_NOFOLLOW | how, mode);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
};

const hash = async (file: string): Promise<string> => {
  const sum = createHash('sha256');
  await pipeline(createReadStream(file), sum);
  return sum.digest('hex');
};

export const rootedFiles = (root: string, { anyCase = false }: RootedOptions = {}): RootedFiles => {
  /** The place of the name if all its folders are real ones within the root. */
  const placeOf = async (name: string): Promise<string | undefined> => {
    const parts = partsOf(name);
    let at = root;
    for (const [depth, part] of parts.entries()) {
      if (depth > 0 && !(await lstatOrNothing(at))?.isDirectory()) return undefined;
      at = path.join(at, await spelled(at, part, anyCase));
    }
    return at;
  };
  const found = async (name: string) => {
    const place = await placeOf(name);
    const about = place === undefined ? undefined : await lstatOrNothing(place);
    return place !== undefined && about ? { place, about } : undefined;
  };
  const bytes = async (name: string): Promise<Buffer | undefined> => {
    const file = await found(name);
    return file?.about.isFile() && file.about.size <= readAtMost ? readFile(file.place) : undefined;
  };
  const write: RootedFiles['write'] = async (name, content, { mode = 0o644 } = {}) => {
    const place = await placeOf(name);
    if (!place || !(await lstatOrNothing(path.dirname(place)))?.isDirectory())
      throw new GreifError('STEP_FAILED', `the image has no folder for /${name}, or a link in its place`);
    await fill(place, content, mode);
  };
  return {
    bytes,
    read: async (name) => (await bytes(name))?.toString('utf8'),
    async digest(name) {
      const file = await found(name);
      return file?.about.isFile() ? hash(file.place) : undefined;
    },
    exists: async (name) => (await found(name)) !== undefined,
    isFolder: async (name) => (await found(name))?.about.isDirectory() ?? false,
    async locate(name) {
      const file = await found(name);
      return file?.about.isFile() ? file.place : undefined;
    },
    async list(folder) {
      const place = await found(folder);
      return place?.about.isDirectory() ? (await readdir(place.place)).sort() : [];
    },
    write,
    async copy(from, to) {
      const source = await found(from);
      if (!source?.about.isFile()) throw new GreifError('STEP_FAILED', `/${from} of the image is no file`);
      await write(to, createReadStream(source.place));
    },
    async makeFolder(name) {
      const parts = partsOf(name);
      for (const [depth] of parts.entries()) {
        const folder = parts.slice(0, depth + 1).join('/');
        const there = await found(folder);
        if (there?.about.isDirectory()) continue;
        const place = await placeOf(folder);
        if (there || !place)
          throw new GreifError('STEP_FAILED', `/${folder} of the image is no folder: its place is taken`);
        await mkdir(place, { mode: 0o755 });
      }
    },
    async remove(name) {
      const there = await found(name);
      if (there) await rm(there.place, { recursive: true });
      return there !== undefined;
    },
  };
};
