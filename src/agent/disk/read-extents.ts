import { type Extent, endOf } from '../../image/disk/extents.ts';
import { type AlignedBuffers, alignedBuffers } from './aligned-buffers.ts';
import type { BlockDevice } from './block-device.ts';

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

/** One buffer of `readBuffers()`. */
export const readBytes = 2 * 1024 * 1024;
/** The largest part that one read can give wherever it begins: what else its first and last block hold is read with it. */
export const readAtMostBytes = readBytes - 2 * blockBytes;
/** One is worked on while others are hashed and the next are read. */
const readsAhead = 12;

export interface ReadTools {
  device: BlockDevice;
  buffers: AlignedBuffers;
  signal: AbortSignal;
}

/** What `ReadTools` needs, once for all reads that follow each other. */
export const readBuffers = (): AlignedBuffers => alignedBuffers(readsAhead + 1, readBytes);

/** A part of the disk as it was read. Its bytes are the reader's until it asks for the next one; `undefined`: the disk cannot read it. */
export interface Reading<Part extends Extent> {
  part: Part;
  bytes: Buffer | undefined;
}

/**
 * Reads parts in the order given, a few ahead, past the page cache, and does `work` on each as soon as it is there. They may begin and end at any
 * byte; none is larger than `readAtMostBytes`.
 * @param unreadable what a read that fails does: `throw` throws READ_BACK_MISMATCH, `skip` yields the part without bytes.
 */
export async function* readAhead<Part extends Extent, Result>(
  parts: Iterable<Part>,
  { device, buffers, signal }: ReadTools,
  unreadable: 'throw' | 'skip',
  work: (reading: Reading<Part>) => Promise<Result>,
): AsyncGenerator<Reading<Part> & { result: Result }> {
  const read = async (part: Part, buffer: Buffer): Promise<Reading<Part> & { result: Result }> => {
    const firstByte = blockStart(part.firstByte);
    const blocks = buffer.subarray(0, blockEnd(endOf(part), device.sizeBytes) - firstByte);
    let bytes: Buffer | undefined;
    try {
      await device.read(blocks, firstByte);
      bytes = blocks.subarray(part.firstByte - firstByte, endOf(part) - firstByte);
    } catch (failure) {
      const move: BlockDevice['read'] = (block, at) => device.read(block, at);
      // What is skipped needs no exact place, and a bad disk takes long to fail.
      if (unreadable === 'throw') throw await nameBadBlock(failure, { bytes: blocks, firstByte }, move);
    }
    return { part, bytes, result: await work({ part, bytes }) };
  };
  const begin = async (part: Part) => {
    const buffer = await buffers.take();
    // Met when its turn comes.
    const done = read(part, buffer).then(
      (value) => ({ value }),
      (failure: unknown) => ({ failure }),
    );
    return { buffer, done };
  };
  const waiting = parts[Symbol.iterator]();
  const underWay: ReturnType<typeof begin>[] = [];
  const fill = (): void => {
    while (underWay.length < readsAhead) {
      const next = waiting.next();
      if (next.done) return;
      underWay.push(begin(next.value));
    }
  };
  let taken: Buffer | undefined;
  try {
    for (fill(); underWay[0]; fill()) {
      signal.throwIfAborted();
      const { buffer, done } = await underWay[0];
      const ended = await done;
      underWay.shift();
      taken = buffer;
      if ('failure' in ended) throw ended.failure;
      yield ended.value;
      buffers.give(buffer);
      taken = undefined;
    }
  } finally {
    if (taken) buffers.give(taken);
    for (const { buffer, done } of await Promise.all(underWay)) {
      await done;
      buffers.give(buffer);
    }
  }
}

function* partsOf(extents: Iterable<Extent>): Generator<Extent> {
  for (const extent of extents)
    for (let at = extent.firstByte; at < endOf(extent); ) {
      const end = Math.min(endOf(extent), blockStart(at) + readBytes);
      yield { firstByte: at, sizeBytes: end - at };
      at = end;
    }
}

/** A part of an extent, as `Reading` has it. */
export interface Portion extends Extent {
  bytes: Buffer | undefined;
}

/** Reads extents of any length in the order given, as `readAhead` does. */
export async function* readExtents(
  extents: Iterable<Extent>,
  tools: ReadTools,
  unreadable: 'throw' | 'skip' = 'throw',
): AsyncGenerator<Portion> {
  for await (const { part, bytes } of readAhead(partsOf(extents), tools, unreadable, async () => {}))
    yield { ...part, bytes };
}
