import { createHash, type Hash } from 'node:crypto';
import { GreifError } from '../../core/errors.ts';
import { createVolumeDigest } from '../../image/format/chunk.ts';
import { chunkBytes } from '../../image/format/chunker.ts';
import type { ChunkIndex } from '../../image/format/index-file.ts';
import { type AlignedBuffers, alignedBuffers } from './aligned-buffers.ts';
import type { BlockDevice, Extent } from './block-device.ts';
import { endOf, type VolumeContent, volumeName } from './layout.ts';

const readBytes = 2 * 1024 * 1024;
/** One is hashed while the next are read. */
const readsAhead = 3;

export interface ReadBackTools {
  device: BlockDevice;
  buffers: AlignedBuffers;
  signal: AbortSignal;
  advanced(bytes: number): void;
}

/** What `ReadBackTools` needs, once for all volumes of an order. */
export const readBackBuffers = (): AlignedBuffers => alignedBuffers(readsAhead + 1, readBytes);

const zeros = Buffer.alloc(chunkBytes.maximum);
const isZero = (bytes: Buffer): boolean => zeros.compare(bytes, 0, bytes.length, 0, bytes.length) === 0;

/**
 * The SHA-256 of one chunk that comes in parts. Where zeros are expected they are compared, which is many times faster than hashing,
 * and only the first other byte makes a hash of it.
 */
class ChunkHash {
  #zeroBytes = 0;
  #hash: Hash | undefined;

  constructor(expectZeros: boolean) {
    if (!expectZeros) this.#hash = createHash('sha256');
  }

  add(part: Buffer): void {
    if (!this.#hash && isZero(part)) this.#zeroBytes += part.length;
    else {
      this.#hash ??= createHash('sha256').update(zeros.subarray(0, this.#zeroBytes));
      this.#hash.update(part);
    }
  }

  /** `undefined`: all were zeros, as expected. */
  digest(): Buffer | undefined {
    return this.#hash?.digest();
  }
}

/** Cuts what comes in any portions at the chunk boundaries of the index, and answers each chunk's raw hash. */
class ChunkCutter {
  readonly #index: ChunkIndex;
  readonly #found: (item: number, rawId: Buffer) => void;
  #item = 0;
  #at = 0;
  #hash: ChunkHash;

  constructor(index: ChunkIndex, found: (item: number, rawId: Buffer) => void) {
    this.#index = index;
    this.#found = found;
    this.#hash = new ChunkHash(index.count > 0 && index.isZero(0));
  }

  add(bytes: Buffer): void {
    for (let taken = 0; taken < bytes.length; ) {
      const part = bytes.subarray(taken, taken + this.#index.end(this.#item) - this.#at);
      this.#hash.add(part);
      taken += part.length;
      this.#at += part.length;
      if (this.#at === this.#index.end(this.#item)) this.#finishChunk();
    }
  }

  #finishChunk(): void {
    this.#found(this.#item, this.#hash.digest() ?? this.#index.rawId(this.#item));
    this.#item++;
    if (this.#item < this.#index.count) this.#hash = new ChunkHash(this.#index.isZero(this.#item));
  }
}

/** Reads an extent from the disk in order, a few reads ahead. The buffer is the reader's until the next one. */
export async function* readExtent(
  extent: Extent,
  { device, buffers, signal }: ReadBackTools,
): AsyncGenerator<Buffer> {
  const underWay: Promise<Buffer>[] = [];
  let next = extent.firstByte;
  const start = async (firstByte: number, sizeBytes: number): Promise<Buffer> => {
    const buffer = await buffers.take();
    await device.read(buffer.subarray(0, sizeBytes), firstByte);
    return buffer;
  };
  try {
    for (let at = extent.firstByte; at < endOf(extent); at += readBytes) {
      for (; next < endOf(extent) && underWay.length < readsAhead; next += readBytes) {
        const started = start(next, Math.min(readBytes, endOf(extent) - next));
        started.catch(() => {});
        underWay.push(started);
      }
      signal.throwIfAborted();
      const buffer = await (underWay.shift() as Promise<Buffer>);
      yield buffer.subarray(0, Math.min(readBytes, endOf(extent) - at));
      buffers.give(buffer);
    }
  } finally {
    await Promise.allSettled(underWay);
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
  for await (const bytes of readExtent(volume, tools)) {
    cutter.add(bytes);
    tools.advanced(bytes.length);
  }
  return digest.digest();
};

/** The digest of what lies on the disk now, over the image's own chunk boundaries, whatever it is. */
export const digestVolume = (content: VolumeContent, tools: ReadBackTools): Promise<string> =>
  hashVolume(content, tools, () => {});

/**
 * Reads a volume whole, holes included, from the disk itself, and answers its digest. Throws READ_BACK_MISMATCH that names
 * volume, place and chunk when a byte is not what the image says.
 */
export const proveVolume = (content: VolumeContent, tools: ReadBackTools): Promise<string> =>
  hashVolume(content, tools, (item, rawId) => {
    const { volume, index } = content;
    if (rawId.equals(index.rawId(item))) return;
    const firstByte = volume.firstByte + index.start(item);
    throw new GreifError(
      'READ_BACK_MISMATCH',
      `${volumeName(volume)}: chunk ${index.id(item)} at byte ${firstByte} of ${tools.device.path} does not read back as it was written. The disk or its cable is bad; replace it and file a new order.`,
      { details: { volume: volumeName(volume), firstByte, chunk: index.id(item) } },
    );
  });
