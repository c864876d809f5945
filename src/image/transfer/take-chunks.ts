import { GreifError } from '../../core/errors.ts';
import { unpackChunk } from '../format/chunk.ts';
import type { ChunkId, ChunkStore } from '../ports.ts';
import { hasWhole } from '../store/verify.ts';
import type { ImageOffer, Wanted } from './offer.ts';

/** Chunks on their way into the store: those that wait at the same time share the syncing. */
const mostPending = 128;

/** Which of these the store does not have. With `prove` one that is damaged counts as missing, so that it is replaced. */
export const findMissing = async (
  store: ChunkStore,
  chunkSizes: Wanted,
  { prove, signal }: { prove: boolean; signal?: AbortSignal | undefined },
): Promise<Map<ChunkId, number>> => {
  const missing = new Map<ChunkId, number>();
  for (const [id, sizeBytes] of chunkSizes) {
    signal?.throwIfAborted();
    const there = prove ? await hasWhole(store, id, sizeBytes) : await store.has(id);
    if (!there) missing.set(id, sizeBytes);
  }
  return missing;
};

export interface Taking {
  chunks: ImageOffer['chunks'];
  store: ChunkStore;
  missing: Wanted;
  /** Told of each that is in the store. */
  onTaken(chunk: { sizeBytes: number; packedBytes: number }): void;
  signal?: AbortSignal | undefined;
}

/**
 * Brings the missing chunks into the store, each proven by its id before. When it throws, none is under way any more. Throws CHUNK_CORRUPT,
 * CHUNK_MISSING when the other side does not have them all, STORE_FULL.
 */
export const takeChunks = async ({ chunks, store, missing, onTaken, signal }: Taking): Promise<void> => {
  const left = new Map(missing);
  const pending = new Set<Promise<void>>();
  let failure: unknown;
  const take = (id: ChunkId, sizeBytes: number, packed: Uint8Array): void => {
    const taken = store.put(id, packed).then(
      () => onTaken({ sizeBytes, packedBytes: packed.length }),
      (thrown: unknown) => {
        failure ??= thrown;
      },
    );
    const slot = taken.finally(() => pending.delete(slot));
    pending.add(slot);
  };
  try {
    if (left.size > 0)
      for await (const { id, packed } of chunks(missing, signal)) {
        signal?.throwIfAborted();
        const sizeBytes = left.get(id);
        if (sizeBytes === undefined) continue;
        unpackChunk(id, packed, sizeBytes);
        take(id, sizeBytes, packed);
        left.delete(id);
        while (pending.size >= mostPending) await Promise.race(pending);
        if (failure) throw failure;
        if (left.size === 0) break;
      }
  } finally {
    await Promise.all(pending);
  }
  if (failure) throw failure;
  const [first] = left.keys();
  if (first !== undefined)
    throw new GreifError(
      'CHUNK_MISSING',
      `${left.size} chunks are missing at the source, ${first} first: it is damaged or incomplete there`,
    );
};
