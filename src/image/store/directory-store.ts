import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs';
import { access, mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { GreifError } from '../../core/errors.ts';
import { isChunkId } from '../format/chunk.ts';
import type { ChunkId, ChunkStore } from '../ports.ts';
import { syncPath, writeAndSync } from './durable-file.ts';
import { storeFailure } from './store-failure.ts';

/** The callback's kind takes 60 µs of processor time a chunk, `fs/promises` 90. */
const readWhole = promisify(readFile);

/**
 * Chunks as files in casync's layout: `ab12/ab12….cacnk` below `folder`. A chunk is written beside its place and renamed when its
 * bytes are on the disk. Puts that wait at the same time share the syncing of folders, so keep many in flight.
 * Throws STORE_FULL when the disk is; CHUNK_CORRUPT when the disk cannot read one.
 */
export const directoryStore = async (folder: string): Promise<ChunkStore> => {
  const incoming = path.join(folder, 'incoming');
  await mkdir(incoming, { recursive: true });
  const place = (id: ChunkId) => path.join(folder, id.slice(0, 4), `${id}.cacnk`);
  const makeFolder = onceEach((prefix) => mkdir(prefix, { recursive: true }));
  const commit = groupCommit(folder);
  const underway = new Map<ChunkId, Promise<void>>();

  const write = async (id: ChunkId, packed: Uint8Array): Promise<void> => {
    const part = path.join(incoming, `${id}.${randomBytes(6).toString('hex')}`);
    try {
      await writeAndSync(part, packed);
      await makeFolder(path.dirname(place(id)));
      await commit({ from: part, to: place(id) });
    } catch (thrown) {
      await rm(part, { force: true });
      throw storeFailure(thrown, folder);
    }
  };

  return {
    async get(id) {
      return readWhole(place(id)).catch((thrown: NodeJS.ErrnoException) => {
        if (thrown.code === 'ENOENT') return undefined;
        if (thrown.code !== 'EIO') throw thrown;
        throw new GreifError('CHUNK_CORRUPT', `the disk cannot read chunk ${id}`, { cause: thrown });
      });
    },
    has: (id) =>
      access(place(id)).then(
        () => true,
        () => false,
      ),
    put(id, packed) {
      const running = underway.get(id);
      if (running) return running;
      const written = write(id, packed).finally(() => underway.delete(id));
      underway.set(id, written);
      return written;
    },
    async remove(id) {
      await rm(place(id), { force: true });
    },
    async *list() {
      for (const prefix of await readdir(folder)) {
        if (!/^[0-9a-f]{4}$/.test(prefix)) continue;
        for (const file of await readdir(path.join(folder, prefix))) {
          const id = file.replace(/\.cacnk$/, '');
          if (isChunkId(id)) yield id;
        }
      }
    },
  };
};

/** Folders are never removed, so each is made once. */
const onceEach = (make: (name: string) => Promise<unknown>) => {
  const made = new Set<string>();
  return async (name: string): Promise<void> => {
    if (made.has(name)) return;
    await make(name);
    made.add(name);
  };
};

interface Move {
  from: string;
  to: string;
}

/**
 * Renames chunks that are on the disk, and syncs folders so that the names stay, for all at once that came
 * while the group before was under way. One journal commit then serves them all.
 */
const groupCommit = (folder: string) => {
  let waiting: Move[] = [];
  let last: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  const flush = async (): Promise<void> => {
    const moves = waiting;
    waiting = [];
    next = undefined;
    await Promise.all(moves.map(({ from, to }) => rename(from, to)));
    const folders = new Set(moves.map(({ to }) => path.dirname(to)));
    await Promise.all([...folders, folder].map(syncPath));
  };
  return (move: Move): Promise<void> => {
    waiting.push(move);
    if (!next) {
      next = last.then(flush);
      last = next.catch(() => {});
    }
    return next;
  };
};
