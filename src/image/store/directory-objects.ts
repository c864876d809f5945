import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, opendir, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { unlessPathMissing } from '../../core/missing.ts';
import type { ObjectStore, StoredObject } from '../ports.ts';
import { syncPath } from './durable-file.ts';
import { objectName } from './object-name.ts';
import { openFiles } from './open-files.ts';
import { storeFailure } from './store-failure.ts';

/** Files that stay open. A room of PCs reads a few packs at a time. */
const mostOpenFiles = 64;
/** What a process that ended left behind is older than any `put` takes. */
const abandonedMilliseconds = 24 * 3600 * 1000;

/** Objects as files below `folder`; half-written ones are in `folder/incoming`. Several processes may use it. */
export const directoryObjects = async (folder: string): Promise<ObjectStore> => {
  const incoming = path.join(folder, 'incoming');
  await mkdir(incoming, { recursive: true });
  await removeAbandoned(incoming);
  const files = openFiles(mostOpenFiles);
  const place = (name: string) => path.join(folder, objectName(name));
  const made = new Set<string>([folder]);

  /** Makes the folders above a file; each is durable before a file in it is. */
  const makeFolder = async (parent: string): Promise<void> => {
    if (made.has(parent)) return;
    await makeFolder(path.dirname(parent));
    await mkdir(parent, { recursive: true });
    await syncPath(path.dirname(parent));
    made.add(parent);
  };

  const bringInto = async (name: string, part: string): Promise<void> => {
    const file = place(name);
    await makeFolder(path.dirname(file));
    await rename(part, file);
    await files.drop(file);
    await syncPath(path.dirname(file));
  };

  const put = async (name: string, bytes: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> => {
    place(name);
    const part = path.join(incoming, randomBytes(12).toString('hex'));
    try {
      await writePieces(part, bytes);
      await bringInto(name, part);
    } catch (thrown) {
      await rm(part, { force: true });
      throw storeFailure(thrown, folder);
    }
  };

  return {
    put,
    async putFile(name, file) {
      await bringInto(name, file).catch(async (thrown: NodeJS.ErrnoException) => {
        if (thrown.code !== 'EXDEV') throw storeFailure(thrown, folder);
        await using source = await open(file, 'r');
        await put(name, source.createReadStream({ autoClose: false, highWaterMark: 1024 * 1024 }));
      });
    },
    read: (name, offset, length) => files.use(place(name), (handle) => readRange(handle, offset, length)),
    async size(name) {
      const found = await stat(place(name)).catch(unlessPathMissing);
      return found?.isFile() ? found.size : undefined;
    },
    async *list(prefix) {
      const top = prefix.includes('/') ? prefix.slice(0, prefix.lastIndexOf('/')) : '';
      for await (const object of filesBelow(folder, top && objectName(top)))
        if (object.name.startsWith(prefix)) yield object;
    },
    async remove(name) {
      const file = place(name);
      await rm(file, { force: true });
      await files.drop(file);
    },
  };
};

async function* filesBelow(folder: string, below: string): AsyncGenerator<StoredObject> {
  const entries = await opendir(path.join(folder, below)).catch(unlessPathMissing);
  for await (const entry of entries ?? []) {
    const name = below ? `${below}/${entry.name}` : entry.name;
    if (entry.isDirectory() && name !== 'incoming') yield* filesBelow(folder, name);
    if (!entry.isFile()) continue;
    const found = await stat(path.join(folder, name)).catch(unlessPathMissing);
    if (found) yield { name, sizeBytes: found.size };
  }
}

const readRange = async (handle: FileHandle, offset: number, length: number): Promise<Buffer> => {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
};

const writePieces = async (part: string, bytes: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> => {
  await using handle = await open(part, 'wx');
  if (bytes instanceof Uint8Array) await handle.writeFile(bytes);
  else for await (const piece of bytes) await handle.writeFile(piece);
  await handle.sync();
};

const removeAbandoned = async (incoming: string): Promise<void> => {
  for (const name of await readdir(incoming)) {
    const file = path.join(incoming, name);
    const found = await stat(file).catch(unlessPathMissing);
    if (found && Date.now() - found.mtimeMs > abandonedMilliseconds) await rm(file, { force: true });
  }
};
