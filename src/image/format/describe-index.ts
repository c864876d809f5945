import { createVolumeDigest } from './chunk.ts';
import { decodeIndex } from './index-file.ts';
import type { Volume } from './manifest.ts';

/** What a manifest says of a volume's chunks, out of its index file. Throws INDEX_INVALID. */
export const describeIndex = (
  file: Buffer,
): Pick<Volume, 'chunkCount' | 'dataBytes' | 'digest' | 'sizeBytes'> => {
  const index = decodeIndex(file);
  const digest = createVolumeDigest();
  let dataBytes = 0;
  for (let item = 0; item < index.count; item++) {
    digest.add(index.rawId(item));
    if (!index.isZero(item)) dataBytes += index.size(item);
  }
  return { sizeBytes: index.sizeBytes, chunkCount: index.count, dataBytes, digest: digest.digest() };
};
