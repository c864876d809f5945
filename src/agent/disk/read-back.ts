import { GreifError } from '../../core/errors.ts';
import { createVolumeDigest } from '../../image/format/chunk.ts';
import type { ChunkIndex } from '../../image/format/index-file.ts';
import { ChunkHash } from './chunk-hash.ts';
import { type VolumeContent, volumeName } from './layout.ts';
import { type ReadTools, readExtents } from './read-extents.ts';

export interface ReadBackTools extends ReadTools {
  advanced(bytes: number): void;
}

/** Cuts what comes in any portions at the chunk boundaries of the index, and answers each chunk's raw hash. */
class ChunkCutter {
  readonly #index: ChunkIndex;
  readonly #found: (item: number, rawId: Buffer) => void;
  #item = 0;
  #at = 0;
  #hash: ChunkHash | undefined;

  constructor(index: ChunkIndex, found: (item: number, rawId: Buffer) => void) {
    this.#index = index;
    this.#found = found;
  }

  add(bytes: Buffer): void {
    for (let taken = 0; taken < bytes.length; ) {
      this.#hash ??= new ChunkHash(this.#index.rawId(this.#item), this.#index.isZero(this.#item));
      const part = bytes.subarray(taken, taken + this.#index.end(this.#item) - this.#at);
      this.#hash.add(part, part.length === this.#index.size(this.#item));
      taken += part.length;
      this.#at += part.length;
      if (this.#at === this.#index.end(this.#item)) this.#finishChunk(this.#hash);
    }
  }

  #finishChunk(hash: ChunkHash): void {
    this.#found(this.#item, hash.digest());
    this.#item++;
    this.#hash = undefined;
  }
}

const hashVolume = async (
  { volume, index }: VolumeContent,
  tools: ReadBackTools,
  found: (item: number, rawId: Buffer) => void,
): Promise<string> => {
  const digest = createVolumeDigest();
  const cutter = new ChunkCutter(index, (item, rawId) => {
    digest.add(rawId);
    found(item, rawId);
  });
  for await (const { bytes } of readExtents([volume], tools)) {
    cutter.add(bytes as Buffer);
    tools.advanced((bytes as Buffer).length);
  }
  return digest.digest();
};

/** The digest of what lies on the disk now, over the image's own chunk boundaries, whatever it is. */
export const digestVolume = (content: VolumeContent, tools: ReadBackTools): Promise<string> =>
  hashVolume(content, tools, () => {});

/** The bytes at a place are not what was written there. */
export const notAsWritten = ({ volume, index }: VolumeContent, item: number, path: string): GreifError => {
  const firstByte = volume.firstByte + index.start(item);
  return new GreifError(
    'READ_BACK_MISMATCH',
    `${volumeName(volume)}: chunk ${index.id(item)} at byte ${firstByte} of ${path} does not read back as it was written. The disk or its cable is bad; replace it and file a new order.`,
    { details: { volume: volumeName(volume), firstByte, chunk: index.id(item) } },
  );
};

/**
 * Reads a volume whole, holes included, from the disk itself, and answers its digest. Throws READ_BACK_MISMATCH that names
 * volume, place and chunk when a byte is not what the image says.
 */
export const proveVolume = (content: VolumeContent, tools: ReadBackTools): Promise<string> =>
  hashVolume(content, tools, (item, rawId) => {
    if (!rawId.equals(content.index.rawId(item))) throw notAsWritten(content, item, tools.device.path);
  });
