import { asGreifError, GreifError } from '../../core/errors.ts';
import { unpackChunk } from '../format/chunk.ts';
import { type ChunkIndex, decodeIndex } from '../format/index-file.ts';
import type { Manifest, Volume } from '../format/manifest.ts';
import type { ChunkId, ChunkSource } from '../ports.ts';

export interface VerifyProgress {
  doneBytes: number;
  totalBytes: number;
}

export interface BadChunk {
  id: ChunkId;
  reason: string;
  /** `head`, `partition 2`, `gap at 1048576`. */
  volume: string;
}

export interface Verification {
  /** Chunks looked at, and the bytes they stand for. */
  chunks: number;
  bytes: number;
  /** Empty: every chunk is there and is what its name says. Ends at a thousand. */
  bad: BadChunk[];
}

const mostBad = 1000;

export const volumeName = ({ kind, partition, firstByte }: Volume): string =>
  kind === 'partition' ? `partition ${partition}` : kind === 'gap' ? `gap at ${firstByte}` : kind;

/** Proves every chunk of an image; a run of zero chunks is looked at once. Throws INDEX_INVALID for a damaged index. */
export const verifyImage = async (
  manifest: Manifest,
  store: { chunks: ChunkSource; index(digest: string): Promise<Buffer | undefined> },
  onProgress: (progress: VerifyProgress) => void = () => {},
  signal?: AbortSignal,
): Promise<Verification> => {
  const totalBytes = manifest.volumes.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const result: Verification = { chunks: 0, bytes: 0, bad: [] };
  for (const volume of manifest.volumes) {
    const index = await readIndex(volume, store);
    for (let item = 0; item < index.count; item++) {
      signal?.throwIfAborted();
      const repeated = item > 0 && index.isZero(item) && index.rawId(item).equals(index.rawId(item - 1));
      const reason = repeated ? undefined : await fault(store.chunks, index.id(item), index.size(item));
      if (reason && result.bad.length < mostBad)
        result.bad.push({ id: index.id(item), reason, volume: volumeName(volume) });
      result.chunks++;
      result.bytes += index.size(item);
      onProgress({ doneBytes: result.bytes, totalBytes });
    }
  }
  return result;
};

/** The index of a volume. Throws INDEX_INVALID when the store has lost it. */
export const readIndex = async (
  volume: Volume,
  store: { index(digest: string): Promise<Buffer | undefined> },
): Promise<ChunkIndex> => {
  const bytes = await store.index(volume.index);
  if (bytes) return decodeIndex(bytes);
  throw new GreifError(
    'INDEX_INVALID',
    `the index of ${volumeName(volume)} is missing from the store: import the image again`,
  );
};

/** What is wrong with a chunk, or nothing. */
const fault = async (chunks: ChunkSource, id: ChunkId, sizeBytes: number): Promise<string | undefined> => {
  try {
    const packed = await chunks.get(id);
    if (!packed) return 'it is missing';
    unpackChunk(id, packed, sizeBytes);
    return undefined;
  } catch (thrown) {
    const error = asGreifError(thrown);
    if (error.code !== 'CHUNK_CORRUPT') throw error;
    return String(error.details?.['reason'] ?? error.message);
  }
};
