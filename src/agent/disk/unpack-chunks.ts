import { GreifError } from '../../core/errors.ts';
import { freeNow } from '../../core/free-now.ts';
import { unpackChunk } from '../../image/format/chunk.ts';
import type { ChunkId } from '../../image/ports.ts';

/** A chunk as it came over the network, not yet proven. */
export interface PackedChunk {
  id: ChunkId;
  packed: Uint8Array;
  /** Unpacked. */
  sizeBytes: number;
}

/**
 * Proves and unpacks chunks one after the other to the beginning of `target`, which has room for them as they are unpacked and packed. Answers for each what is
 * wrong with it (CHUNK_CORRUPT): then its place holds anything.
 */
export type UnpackChunks = (
  chunks: readonly PackedChunk[],
  target: Buffer,
) => Promise<(GreifError | undefined)[]>;

/** One, to the beginning of `target`. */
export const unpackInto = (
  { id, packed, sizeBytes }: PackedChunk,
  target: Buffer,
): GreifError | undefined => {
  try {
    const bytes = unpackChunk(id, packed, sizeBytes);
    bytes.copy(target);
    freeNow(bytes);
    return undefined;
  } catch (error) {
    if (error instanceof GreifError && error.code === 'CHUNK_CORRUPT') return error;
    throw error;
  }
};

/** `UnpackChunks` in this very thread. */
export const unpackChunks = (chunks: readonly PackedChunk[], target: Buffer): (GreifError | undefined)[] => {
  let at = 0;
  return chunks.map((chunk) => {
    const place = target.subarray(at, at + chunk.sizeBytes);
    at += chunk.sizeBytes;
    return unpackInto(chunk, place);
  });
};
