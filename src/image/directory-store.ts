import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs';
import { access, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { GreifError } from '../core/errors.ts';
import { isChunkId } from './chunk.ts';
import type { ChunkId, ChunkStore } from './ports.ts';
import { storeFailure } from './store-failure.ts';

const run = promisify(execFile);
/** The callback's kind takes 60 µs of processor time a chunk, `fs/promises` 90. */
const readWhole = promisify(readFile);

/**
 * Chunks as files in casync's layout: `ab12/ab12….cacnk` below `folder`. A chunk is written beside its place and renamed when its bytes are
 * on the disk. Puts that wait at the same time are made durable together (one `syncfs` for all), so keep many in flight.
 * Throws STORE_FULL when the disk is; CHUNK_CORRUPT when the disk cannot read one.
 */
export const directoryStore = async (folder: string): Promise<ChunkStore> => {
  const incoming = path.join(folder, 'incoming');
  await mkdir(incoming, { recursive: true });
  const place = (id: ChunkId) => path.join(folder, id.slice(0, 4), `${id}.cacnk`);
  const commit = groupCommit(folder);
  const underway = new Map<ChunkId, Promise<void>>();

  const write = async (id: ChunkId, packed: Uint8Array): Promise<void> => {
    const part = path.join(incoming, `${id}.${randomBytes(6).toString('hex')}`);
    try {
      await writeFile(part, packed);
      await mkdir(path.dirname(place(id)), { recursive: true });
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

interface Move {
  from: string;
  to: string;
}

/**
 * Renames that wait together share two `syncfs`: one before, so that no name ever stands for bytes that a power cut
 * takes away, and one after, so that the name itself stays.
 */
const groupCommit = (folder: string) => {
  let waiting: Move[] = [];
  let last: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  const flush = async (): Promise<void> => {
    const moves = waiting;
    waiting = [];
    next = undefined;
    await syncFileSystem(folder);
    for (const { from, to } of moves) await rename(from, to);
    await syncFileSystem(folder);
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

/** syncfs(2), which Node does not have, by coreutils' `sync`. Reports a failed write-back since the last one. */
export const syncFileSystem = async (folder: string): Promise<void> => {
  await run('sync', ['--file-system', folder]);
};
