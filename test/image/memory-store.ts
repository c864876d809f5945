import type { ChunkId, ChunkStore } from '../../src/image/ports.ts';

/** A chunk store that forgets: for tests of what stands on the port. */
export const memoryStore = (): ChunkStore => {
  const chunks = new Map<ChunkId, Uint8Array>();
  return {
    get: async (id) => chunks.get(id),
    has: async (id) => chunks.has(id),
    async put(id, packed) {
      chunks.set(id, Uint8Array.from(packed));
    },
    async *list() {
      yield* chunks.keys();
    },
  };
};
