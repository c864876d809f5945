import { GreifError } from '../../core/errors.ts';
import { sha256Hex } from '../../core/ids.ts';
import { isIndexOf } from '../format/describe-index.ts';
import { decodeIndex } from '../format/index-file.ts';
import type { Manifest, Volume } from '../format/manifest.ts';
import type { ChunkId } from '../ports.ts';
import { volumeName } from '../store/verify.ts';

/** All that belongs to a version of an image beside its manifest. */
export interface Contents {
  /** By digest, each once. */
  indexes: ReadonlyMap<string, Buffer>;
  /** Each once, in the order of the indexes, with the bytes that it unpacks to. */
  chunkSizes: ReadonlyMap<ChunkId, number>;
}

/** Reads the indexes of a manifest and holds each against what the manifest says of its volume. Throws INDEX_INVALID. */
export const readContents = async (
  { volumes }: Manifest,
  source: { index(digest: string): Promise<Buffer | undefined> },
): Promise<Contents> => {
  const indexes = new Map<string, Buffer>();
  const chunkSizes = new Map<ChunkId, number>();
  for (const volume of volumes) {
    const bytes = indexes.get(volume.index) ?? (await source.index(volume.index));
    if (!bytes) throw invalid(volume, 'is missing');
    if (sha256Hex(bytes) !== volume.index) throw invalid(volume, 'is damaged');
    const index = decodeIndex(bytes);
    if (!isIndexOf(volume, index)) throw invalid(volume, 'is not the one that the manifest describes');
    indexes.set(volume.index, bytes);
    for (let item = 0; item < index.count; item++) chunkSizes.set(index.id(item), index.size(item));
  }
  return { indexes, chunkSizes };
};

const invalid = (volume: Volume, problem: string): GreifError =>
  new GreifError('INDEX_INVALID', `the index of ${volumeName(volume)} ${problem}`);
