import { randomBytes } from 'node:crypto';
import { link, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { storeFailure } from './store-failure.ts';

/**
 * Writes a whole file or nothing: beside its place, to the disk, then under its name; durable when it returns.
 * With `exclusive` false comes back, and nothing is changed, when the name is taken. Throws STORE_FULL.
 */
export const writeDurably = async (
  file: string,
  bytes: string | Uint8Array,
  { exclusive, mode }: { exclusive: boolean; mode?: number },
): Promise<boolean> => {
  const part = `${file}.${randomBytes(6).toString('hex')}.part`;
  try {
    await writeAndSync(part, bytes, mode);
    if (exclusive) await link(part, file);
    else await rename(part, file);
    await syncPath(path.dirname(file));
    return true;
  } catch (thrown) {
    if (exclusive && (thrown as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw storeFailure(thrown, path.dirname(file));
  } finally {
    await rm(part, { force: true });
  }
};

/** A new file whose bytes are on the disk; its name is not yet. */
const writeAndSync = async (file: string, bytes: string | Uint8Array, mode?: number): Promise<void> => {
  const handle = await open(file, 'wx', mode);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** Makes a file's bytes, or the names in a folder, survive a power cut. */
export const syncPath = async (place: string): Promise<void> => {
  const handle = await open(place, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};
