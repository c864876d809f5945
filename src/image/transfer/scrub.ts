import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { refOf } from '../format/manifest.ts';
import type { ChunkId } from '../ports.ts';
import { writeDurably } from '../store/durable-file.ts';
import type { ImageStore } from '../store/image-store.ts';
import { chunkFault } from '../store/verify.ts';
import { readContents } from './contents.ts';
import type { ImageOffer } from './offer.ts';
import { findMissing, takeChunks } from './take-chunks.ts';

export interface ScrubOptions {
  store: ImageStore;
  /** Where good copies may be, the nearest first. */
  sources: readonly ImageOffer['chunks'][];
  /** Read no faster than this, on the average. */
  bytesPerSecond: number;
  /** Goes on behind the pack where the last one was stopped. */
  resume: boolean;
  onProgress?: ((progress: { doneBytes: number; totalBytes: number }) => void) | undefined;
  signal?: AbortSignal | undefined;
}

export interface ScrubbedChunk {
  id: ChunkId;
  reason: string;
  /** The images that need it. */
  images: string[];
  repaired: boolean;
}

export interface Scrubbing {
  /** Chunks that were read and hashed, each once. */
  chunks: number;
  bad: ScrubbedChunk[];
}

interface Need {
  sizeBytes: number;
  /** A chunk may lie in several packs. */
  isRead: boolean;
  images: string[];
}

/**
 * Reads and proves every chunk that an image needs, in the order of the packs, and replaces those that are damaged or missing by good copies from elsewhere, each
 * proven before. Throws INDEX_INVALID; a source that does not answer is passed over.
 */
export const scrub = async (options: ScrubOptions): Promise<Scrubbing> => {
  const { store, onProgress = () => {}, signal } = options;
  await using ended = new AsyncDisposableStack();
  const held = await store.holdChunks();
  ended.defer(() => held.release());
  const needs = await neededBy(store);
  const place = positionIn(store.folder);
  const after = options.resume ? await place.read() : '';
  const packs = store.chunks.shelf.packs.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const left = packs.filter(({ name }) => name > after);
  const result: Scrubbing = { chunks: 0, bad: [] };
  const pace = pacer(options.bytesPerSecond, signal);
  for (const [at, pack] of left.entries()) {
    const bad = new Map<ChunkId, string>();
    for (let entry = 0; entry < pack.count; entry++) {
      signal?.throwIfAborted();
      const id = pack.id(entry);
      const need = needs.get(id);
      if (!need || need.isRead) continue;
      need.isRead = true;
      const reason = await chunkFault(store.chunks, id, need.sizeBytes);
      if (reason !== undefined) bad.set(id, reason);
      result.chunks++;
      await pace(pack.length(entry));
    }
    await mend(bad, needs, options, result);
    await place.write(pack.name);
    onProgress({ doneBytes: at + 1, totalBytes: left.length + 1 });
  }
  const missing = new Map<ChunkId, string>();
  for (const id of needs.keys()) if (!(await store.chunks.has(id))) missing.set(id, 'it is missing');
  await mend(missing, needs, options, result);
  await place.write('');
  onProgress({ doneBytes: left.length + 1, totalBytes: left.length + 1 });
  return result;
};

const neededBy = async (store: ImageStore): Promise<Map<ChunkId, Need>> => {
  const needs = new Map<ChunkId, Need>();
  for (const { manifest } of await store.list())
    for (const [id, sizeBytes] of (await readContents(manifest, store)).chunkSizes) {
      const need = needs.get(id) ?? { sizeBytes, isRead: false, images: [] };
      need.images.push(refOf(manifest));
      needs.set(id, need);
    }
  return needs;
};

/** Asks one source after the other for what is bad, and notes how it went. */
const mend = async (
  bad: ReadonlyMap<ChunkId, string>,
  needs: ReadonlyMap<ChunkId, Need>,
  { store, sources, signal }: ScrubOptions,
  result: Scrubbing,
): Promise<void> => {
  if (bad.size === 0) return;
  let left = new Map([...bad.keys()].map((id) => [id, needs.get(id)?.sizeBytes ?? 0]));
  for (const chunks of sources) {
    if (left.size === 0) break;
    const wanted = left;
    await takeChunks({
      chunks: () => chunks(wanted, signal),
      store: store.chunks,
      missing: wanted,
      onTaken: () => {},
      signal,
    }).catch(() => signal?.throwIfAborted());
    left = await findMissing(store.chunks, wanted, { prove: true, signal });
  }
  for (const [id, reason] of bad)
    result.bad.push({ id, reason, images: needs.get(id)?.images ?? [], repaired: !left.has(id) });
};

/** Holds the last pack of a scrub that is not through, and nothing when the last one was. */
export const scrubbedToFile = (folder: string): string => path.join(folder, 'scrubbed-to');

const positionIn = (folder: string) => {
  const file = scrubbedToFile(folder);
  return {
    read: () => readFile(file, 'utf8').catch(() => ''),
    write: (pack: string) => writeDurably(file, pack, { exclusive: false }),
  };
};

/** Sleeps as much as it takes to be no faster than told; short sleeps are saved up. */
const pacer = (bytesPerSecond: number, signal: AbortSignal | undefined) => {
  const started = performance.now();
  let bytes = 0;
  return async (more: number): Promise<void> => {
    bytes += more;
    const ahead = (bytes / bytesPerSecond) * 1000 - (performance.now() - started);
    if (ahead > 50) await sleep(ahead, undefined, signal && { signal });
  };
};
