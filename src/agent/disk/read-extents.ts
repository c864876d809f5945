import { type AlignedBuffers, alignedBuffers } from './aligned-buffers.ts';
import type { BlockDevice } from './block-device.ts';
import { type Extent, endOf } from './extents.ts';

/** Reads and writes begin and end at multiples of this (or at the disk's end): a sector of any disk, and what 512e disks want. */
export const blockBytes = 4096;

export const blockStart = (firstByte: number): number => firstByte - (firstByte % blockBytes);
export const blockEnd = (end: number, diskBytes: number): number =>
  Math.min(blockStart(end + blockBytes - 1), diskBytes);

/** What failed as one large read or write is done again block by block: answers the failure that names the first bad block. */
export const nameBadBlock = async (
  failure: unknown,
  { bytes, firstByte }: { bytes: Buffer; firstByte: number },
  move: BlockDevice['read'],
): Promise<unknown> => {
  try {
    for (let done = 0; done < bytes.length; done += blockBytes)
      await move(bytes.subarray(done, done + blockBytes), firstByte + done);
    return failure;
  } catch (named) {
    return named;
  }
};

const readBytes = 2 * 1024 * 1024;
/** One is worked on while the next are read. */
const readsAhead = 3;

export interface ReadTools {
  device: BlockDevice;
  buffers: AlignedBuffers;
  signal: AbortSignal;
}

/** What `ReadTools` needs, once for all reads that follow each other. */
export const readBuffers = (): AlignedBuffers => alignedBuffers(readsAhead + 1, readBytes);

/** A part of an extent. Its bytes are the reader's until it asks for the next one; `undefined`: the disk cannot read it. */
export interface Portion extends Extent {
  bytes: Buffer | undefined;
}

function* portionsOf(extents: Iterable<Extent>): Generator<Extent> {
  for (const extent of extents)
    for (let at = extent.firstByte; at < endOf(extent); ) {
      const end = Math.min(endOf(extent), blockStart(at) + readBytes);
      yield { firstByte: at, sizeBytes: end - at };
      at = end;
    }
}

/**
 * Reads extents in the order given, a few reads ahead, past the page cache. They may begin and end at any byte.
 * @param unreadable what a read that fails does: `throw` throws READ_BACK_MISMATCH, `skip` yields the portion without bytes.
 */
export async function* readExtents(
  extents: Iterable<Extent>,
  { device, buffers, signal }: ReadTools,
  unreadable: 'throw' | 'skip' = 'throw',
): AsyncGenerator<Portion> {
  const read = async (part: Extent): Promise<{ part: Extent; buffer: Buffer; failure?: unknown }> => {
    const buffer = await buffers.take();
    const firstByte = blockStart(part.firstByte);
    const bytes = buffer.subarray(0, blockEnd(endOf(part), device.sizeBytes) - firstByte);
    try {
      await device.read(bytes, firstByte);
      return { part, buffer };
    } catch (thrown) {
      // What is skipped needs no exact place, and a bad disk takes long to fail.
      const named = unreadable === 'throw';
      const move: BlockDevice['read'] = (block, at) => device.read(block, at);
      const failure = named ? await nameBadBlock(thrown, { bytes, firstByte }, move) : thrown;
      return { part, buffer, failure };
    }
  };
  const waiting = portionsOf(extents);
  const underWay: ReturnType<typeof read>[] = [];
  const fill = (): void => {
    while (underWay.length < readsAhead) {
      const next = waiting.next();
      if (next.done) return;
      underWay.push(read(next.value));
    }
  };
  let taken: Buffer | undefined;
  try {
    for (fill(); underWay[0]; fill()) {
      signal.throwIfAborted();
      const { part, buffer, failure } = await underWay[0];
      underWay.shift();
      taken = buffer;
      if (failure && unreadable === 'throw') throw failure;
      const skip = part.firstByte % blockBytes;
      yield { ...part, bytes: failure ? undefined : buffer.subarray(skip, skip + part.sizeBytes) };
      buffers.give(buffer);
      taken = undefined;
    }
  } finally {
    if (taken) buffers.give(taken);
    for (const { buffer } of await Promise.all(underWay)) buffers.give(buffer);
  }
}
