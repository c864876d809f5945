import { createVolumeDigest } from './chunk.ts';
import { type ChunkIndex, decodeIndex } from './index-file.ts';
import type { Volume } from './manifest.ts';

/** Over the chunk ids of an index: what a manifest calls a volume's `digest`. */
export const volumeDigest = (index: ChunkIndex): string => {
  const digest = createVolumeDigest();
  for (let item = 0; item < index.count; item++) digest.add(index.rawId(item));
  return digest.digest();
};

/** Whether the index is the one of which the manifest speaks. Its own digest is proven when it is read. */
export const isIndexOf = ({ sizeBytes, chunkCount, digest }: Volume, index: ChunkIndex): boolean =>
  index.sizeBytes === sizeBytes && index.count === chunkCount && volumeDigest(index) === digest;

/** What a manifest says of a volume's chunks, out of its index file. Throws INDEX_INVALID. */
export const describeIndex = (
  file: Buffer,
): Pick<Volume, 'chunkCount' | 'dataBytes' | 'digest' | 'sizeBytes'> => {
  const index = decodeIndex(file);
  let dataBytes = 0;
  for (let item = 0; item < index.count; item++) if (!index.isZero(item)) dataBytes += index.size(item);
  const { sizeBytes, count } = index;
  return { sizeBytes, chunkCount: count, dataBytes, digest: volumeDigest(index) };
};
