import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { GreifError } from '../../core/errors.ts';
import { sha256Hex } from '../../core/ids.ts';
import { takeLock } from '../store/lock.ts';
import { sourceFault, unreadableSource } from './source-fault.ts';

/** The folder in which an import of one file keeps what it has done, held by one import at a time. */
export interface ImportWork {
  folder: string;
  journalFile: string;
  /** Throws IMAGE_SOURCE_INVALID when the file is not the one that was begun with. */
  assertUnchanged(): Promise<void>;
  /** All is in the store: nothing of the folder is needed any more. */
  finished(): void;
  /** Releases the folder; of an unfinished import only the journal stays. */
  close(): Promise<void>;
}

/** Another file under the same name, or another part of it, has another identity, so it never meets the journal of the first. */
const identify = async (file: string, part: string): Promise<string> => {
  const found = await stat(file, { bigint: true }).catch(unreadableSource(file));
  const { dev, ino, size, mtimeNs, ctimeNs } = found;
  const inside = found.isDirectory() ? await identifyFiles(file) : [];
  return sha256Hex(['greif-import/1', file, dev, ino, size, mtimeNs, ctimeNs, part, ...inside].join('\n'));
};

/** A file that is written over changes nothing of its folder. */
const identifyFiles = async (folder: string): Promise<string[]> => {
  const names = (await readdir(folder, { recursive: true })).sort();
  return Promise.all(
    names.map(async (name) => {
      const { ino, size, mtimeNs, ctimeNs } = await stat(path.join(folder, name), { bigint: true });
      return [name, ino, size, mtimeNs, ctimeNs].join(' ');
    }),
  );
};

/** Throws IMAGE_SOURCE_INVALID, and IMAGE_IN_USE when the same file is being imported already. */
export const openImportWork = async (
  importsFolder: string,
  file: string,
  part: string,
): Promise<ImportWork> => {
  const identity = await identify(file, part);
  const folder = path.join(importsFolder, identity);
  await mkdir(folder, { recursive: true });
  const lock = await takeLock(path.join(folder, 'lock'), 'exclusive', { wait: false });
  if (!lock)
    throw new GreifError(
      'IMAGE_IN_USE',
      `${path.basename(file)} is being imported already: wait until that import has ended`,
    );
  let done = false;
  return {
    folder,
    journalFile: path.join(folder, 'journal'),
    async assertUnchanged() {
      if ((await identify(file, part)) !== identity)
        throw sourceFault(file, 'it was changed while it was read: import it again when nobody writes to it');
    },
    finished() {
      done = true;
    },
    async close() {
      const rest = (await readdir(folder)).filter((name) => name !== 'journal' && name !== 'lock');
      for (const doomed of done ? [''] : rest)
        await rm(path.join(folder, doomed), { recursive: true, force: true });
      await lock.release();
    },
  };
};
