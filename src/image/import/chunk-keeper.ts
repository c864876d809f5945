import { chunkId, packChunk, zeroChunkId } from '../format/chunk.ts';
import { chunkBytes } from '../format/chunker.ts';
import type { ChunkId, ChunkStore } from '../ports.ts';
import { hasWhole } from '../store/verify.ts';
import type { CutChunk } from './cut.ts';

/** A chunk on its way into the store. */
export interface Keeping {
  end: number;
  id: ChunkId;
  /** Fulfilled when the chunk is durable. */
  stored: Promise<void>;
}

/** Chunks that are packed at a time: enough for all processors, and a bound for memory. */
const packedAtOnce = 8;

/** Brings chunks into a store that does not have them yet, several at once, and counts. */
export const createChunkKeeper = (store: ChunkStore) => {
  const count = { newChunks: 0, reusedChunks: 0 };
  const packing = new Set<Promise<void>>();
  const zerosKept = new Map<ChunkId, Promise<void>>();

  const storeUnlessThere = (id: ChunkId, bytes: Buffer) => {
    let stored: Promise<void> = Promise.resolve();
    const packed = (async () => {
      if (await hasWhole(store, id, bytes.length)) {
        count.reusedChunks++;
        return;
      }
      const pack = await packChunk(bytes);
      count.newChunks++;
      stored = store.put(id, pack);
      stored.catch(() => {}); // met by whoever waits for `stored`
    })();
    const slot = packed.then(
      () => void packing.delete(slot),
      () => void packing.delete(slot),
    );
    packing.add(slot);
    return packed.then(() => stored);
  };

  const keepHole = (): { id: ChunkId; stored: Promise<void> } => {
    const id = zeroChunkId(chunkBytes.maximum);
    const stored = zerosKept.get(id) ?? storeUnlessThere(id, Buffer.alloc(chunkBytes.maximum));
    zerosKept.set(id, stored);
    return { id, stored };
  };

  return {
    count,
    /** Waits while too many are being packed, then starts on this one. */
    async keep({ end, bytes }: CutChunk): Promise<Keeping> {
      while (packing.size >= packedAtOnce) await Promise.race(packing);
      if (bytes === 'hole') return { end, ...keepHole() };
      const id = chunkId(bytes);
      const stored = storeUnlessThere(id, bytes);
      stored.catch(() => {}); // met when its turn comes
      return { end, id, stored };
    },
  };
};

export type ChunkKeeper = ReturnType<typeof createChunkKeeper>;
