import { randomBytes } from 'node:crypto';
import { chunkId, packChunk } from '../../src/image/format/chunk.ts';
import type { ChunkId, ChunkSource } from '../../src/image/ports.ts';

export interface SampleChunks extends ChunkSource {
  ids: ChunkId[];
  packed: Map<ChunkId, Buffer>;
}

/** So many chunks of random bytes, in memory. */
export const sampleChunks = async (count: number, sizeBytes = 20_000): Promise<SampleChunks> => {
  const packed = new Map<ChunkId, Buffer>();
  for (let made = 0; made < count; made++) {
    const bytes = randomBytes(sizeBytes);
    packed.set(chunkId(bytes), await packChunk(bytes));
  }
  return { ids: [...packed.keys()], packed, get: async (id) => packed.get(id) };
};
