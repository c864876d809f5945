import { setTimeout as sleep } from 'node:timers/promises';
import { GreifError } from '../../core/errors.ts';
import { unpackChunk } from '../../image/format/chunk.ts';
import type { ChunkIndex } from '../../image/format/index-file.ts';
import type { RestoreTools } from '../disk/restore.ts';

const attempts = 4;
const pauseMs = 500;

/** Single chunks, fetched and proven one by one. */
export interface ChunkReader {
  /** Throws CHUNK_MISSING, CHUNK_CORRUPT once asking again does not help. */
  read(index: ChunkIndex, item: number): Promise<Buffer>;
  close(): void;
}

export const openChunkReader = ({
  connectChunks,
  signal,
}: Pick<RestoreTools, 'connectChunks' | 'signal'>): ChunkReader => {
  const chunks = connectChunks(signal);
  return {
    async read(index, item) {
      const id = index.id(item);
      for (let attempt = 1; ; attempt++) {
        try {
          const packed = await chunks.get(id);
          if (packed) return unpackChunk(id, packed, index.size(item));
          throw new GreifError('CHUNK_MISSING', `the appliance does not have chunk ${id}`);
        } catch (error) {
          const isBad =
            error instanceof GreifError && ['CHUNK_MISSING', 'CHUNK_CORRUPT'].includes(error.code);
          if (!isBad || attempt === attempts) throw error;
          await sleep(pauseMs * attempt, undefined, { signal });
        }
      }
    },
    close: () => chunks.close(),
  };
};
