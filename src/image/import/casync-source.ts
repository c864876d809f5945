import { hash } from 'node:crypto';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { unlessMissing } from '../../core/missing.ts';
import { allZero } from '../format/chunker.ts';
import { type CasyncIndex, decodeCasyncIndex } from '../format/index-file.ts';
import { sourceFault } from './source-fault.ts';

/** A casync store: a folder, or the address of one. */
export interface CasyncStore {
  /** The packed bytes of a chunk; `undefined`: it is not there. */
  read(id: string, signal?: AbortSignal): Promise<Uint8Array | undefined>;
}

const isUrl = (place: string): boolean => /^https?:\/\//.test(place);

const chunkName = (id: string): string => `${id.slice(0, 4)}/${id}.cacnk`;

const urlStore = (url: string): CasyncStore => ({
  async read(id, signal) {
    const response = await fetch(`${url.replace(/\/+$/, '')}/${chunkName(id)}`, {
      signal: signal ?? null,
    });
    if (response.status === 404) return void (await response.body?.cancel());
    if (!response.ok) throw new Error(`it answers ${response.status}`);
    return response.bytes();
  },
});

const folderStore = (folder: string): CasyncStore => ({
  read: (id) => readFile(path.join(folder, chunkName(id))).catch(unlessMissing),
});

/** Where casync itself looks when it is told no store. */
const defaultStore = (indexFile: string): string => path.join(path.dirname(indexFile), 'default.castr');

/** casync packs with zstd, or as it is told with gzip or xz. */
const unpack = (packed: Uint8Array, sizeBytes: number): Buffer => {
  const start = Buffer.from(packed.subarray(0, 6)).toString('hex');
  if (start.startsWith('28b52ffd')) return zstdDecompressSync(packed, { maxOutputLength: sizeBytes });
  if (start.startsWith('1f8b')) return gunzipSync(packed, { maxOutputLength: sizeBytes });
  if (start === 'fd377a585a00')
    throw new Error('it is packed with xz: make the store with "casync make --compression=zstd"');
  throw new Error('it is packed in no way that casync knows');
};

const readAhead = 16;

/**
 * Puts a disk together from a casync index and the chunks of its store, as the sparse file `target`. Every chunk is proven by its id. Throws IMAGE_SOURCE_INVALID that names
 * what is missing or damaged, ENOSPC.
 */
export const assembleDisk = async (
  indexFile: string,
  { place = defaultStore(indexFile), target, onProgress, signal }: AssembleOptions,
): Promise<void> => {
  const { index, idHash } = readIndex(indexFile, await readFile(indexFile));
  const store = isUrl(place) ? urlStore(place) : folderStore(place);
  const chunk = async (item: number): Promise<Buffer> => {
    const id = index.id(item);
    try {
      const packed = await store.read(id, signal);
      if (!packed) throw new Error('it is not there');
      const bytes = unpack(packed, index.size(item));
      if (bytes.length !== index.size(item) || hash(idHash, bytes) !== id)
        throw new Error('its bytes are not those that its name says');
      return bytes;
    } catch (cause) {
      signal?.throwIfAborted();
      throw sourceFault(indexFile, `chunk ${id} of the store ${place}: ${reasonOf(cause)}`, cause);
    }
  };
  const handle = await open(target, 'w');
  const pending: Promise<Buffer>[] = [];
  try {
    for (let item = 0, asked = 0; item < index.count; item++) {
      signal?.throwIfAborted();
      for (; asked < Math.min(index.count, item + readAhead); asked++) {
        const coming = chunk(asked);
        coming.catch(() => {}); // met when its turn comes
        pending.push(coming);
      }
      const bytes = (await pending.shift()) ?? Buffer.alloc(0);
      await writeUnlessZero(handle, bytes, index.start(item));
      onProgress(index.end(item), index.sizeBytes);
    }
    await handle.truncate(index.sizeBytes);
  } finally {
    await Promise.allSettled(pending);
    await handle.close();
  }
};

export interface AssembleOptions {
  /** The store: a folder or an http(s) address; without it casync's own default beside the index. */
  place?: string | undefined;
  target: string;
  onProgress: (doneBytes: number, totalBytes: number) => void;
  signal?: AbortSignal | undefined;
}

const reasonOf = (thrown: unknown): string => {
  const { message, cause } = thrown as { message: string; cause?: { message?: string } };
  return cause?.message ? `${message} (${cause.message})` : message;
};

const readIndex = (file: string, bytes: Buffer): CasyncIndex => {
  try {
    return decodeCasyncIndex(bytes);
  } catch (cause) {
    throw sourceFault(file, (cause as Error).message, cause);
  }
};

const writeUnlessZero = async (handle: FileHandle, bytes: Buffer, position: number): Promise<void> => {
  for (let at = 0; at < bytes.length; ) {
    const piece = bytes.subarray(at, at + pieceBytes);
    if (allZero(piece)) at += piece.length;
    else at += (await handle.write(piece, 0, piece.length, position + at)).bytesWritten;
  }
};

/** Not more than `allZero` takes. */
const pieceBytes = 64 * 1024;
