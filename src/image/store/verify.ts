import { asGreifError, GreifError } from '../../core/errors.ts';
import { unpackChunk } from '../format/chunk.ts';
import { isIndexOf } from '../format/describe-index.ts';
import { type ChunkIndex, decodeIndex } from '../format/index-file.ts';
import { contentDigest, type Manifest, refOf, type Volume } from '../format/manifest.ts';
import type { PackFault } from '../packs/shelf.ts';
import type { ChunkId, ChunkSource, ChunkStore } from '../ports.ts';

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
  /** Empty: every chunk that was looked at is there and is what its name says. Ends at a thousand. */
  bad: BadChunk[];
  /** Packs with damage outside chunks: their index, or what is no record. */
  packs: PackFault[];
}

export interface VerifyOptions {
  onProgress?: (progress: VerifyProgress) => void;
  signal?: AbortSignal | undefined;
  /** Looks at so many of a hundred chunks, chosen at random, at least one of each volume; else at all. */
  samplePercent?: number | undefined;
  random?: () => number;
}

const mostBad = 1000;

export const volumeName = ({ kind, partition, firstByte }: Volume): string =>
  kind === 'partition' ? `partition ${partition}` : kind === 'gap' ? `gap at ${firstByte}` : kind;

/** Proves the chunks of an image; a run of zero chunks is looked at once. Throws INDEX_INVALID for a damaged index. */
export const verifyImage = async (
  manifest: Manifest,
  store: { chunks: ChunkSource; index(digest: string): Promise<Buffer | undefined> },
  options: VerifyOptions = {},
): Promise<Omit<Verification, 'packs'>> => {
  const { onProgress = () => {}, signal, samplePercent = 100, random = Math.random } = options;
  const totalBytes = manifest.volumes.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const result: Omit<Verification, 'packs'> = { chunks: 0, bytes: 0, bad: [] };
  let passedBytes = 0;
  if (contentDigest(manifest) !== manifest.contentDigest)
    throw new GreifError('MANIFEST_INVALID', `${refOf(manifest)} contradicts itself: import the image again`);
  for (const volume of manifest.volumes) {
    const index = await readIndex(volume, store);
    if (!isIndexOf(volume, index))
      throw new GreifError(
        'INDEX_INVALID',
        `the index of ${volumeName(volume)} is not about the volume of the manifest: import the image again`,
      );
    const always = Math.floor(random() * index.count);
    for (let item = 0; item < index.count; item++) {
      signal?.throwIfAborted();
      passedBytes += index.size(item);
      if (samplePercent < 100 && item !== always && random() * 100 >= samplePercent) continue;
      const repeated = item > 0 && index.isZero(item) && index.rawId(item).equals(index.rawId(item - 1));
      const reason =
        repeated && samplePercent === 100
          ? undefined
          : await chunkFault(store.chunks, index.id(item), index.size(item));
      if (reason && result.bad.length < mostBad)
        result.bad.push({ id: index.id(item), reason, volume: volumeName(volume) });
      result.chunks++;
      result.bytes += index.size(item);
      onProgress({ doneBytes: passedBytes, totalBytes });
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
export const chunkFault = async (
  chunks: ChunkSource,
  id: ChunkId,
  sizeBytes: number,
): Promise<string | undefined> => {
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

/** Whether the store has the chunk whole: one that went bad on the disk is brought anew, so that importing again mends an image. */
export const hasWhole = async (store: ChunkStore, id: ChunkId, sizeBytes: number): Promise<boolean> =>
  (await store.has(id)) && (await chunkFault(store, id, sizeBytes)) === undefined;
