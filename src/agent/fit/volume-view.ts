import type { FileHandle } from 'node:fs/promises';
import { GreifError } from '../../core/errors.ts';
import type { ChunkIndex } from '../../image/format/index-file.ts';
import type { FileContent } from './fuse-file.ts';

/** What a program writes behind the new end is kept in memory, by pages; it is little, as nothing of it stays. */
const pageBytes = 4096;
const mostPages = (512 * 1024 * 1024) / pageBytes;
/** Chunks that were unpacked last: programs read them in portions. */
const chunksKept = 64;

export interface VolumeView {
  /** The volume in its original size. */
  index: ChunkIndex;
  /** The partition that it shrinks into, with the volume's first `keptBytes` in it. */
  partition: FileHandle;
  keptBytes: number;
  /** A chunk of the index, proven. */
  readChunk(item: number): Promise<Buffer>;
}

/** The last few chunks, each asked for once. */
const keepingLast = (readChunk: (item: number) => Promise<Buffer>): ((item: number) => Promise<Buffer>) => {
  const kept = new Map<number, Promise<Buffer>>();
  return (item) => {
    const chunk = kept.get(item) ?? readChunk(item);
    kept.delete(item);
    kept.set(item, chunk);
    const [oldest] = kept.keys();
    if (kept.size > chunksKept && oldest !== undefined) kept.delete(oldest);
    return chunk;
  };
};

const move = async (length: number, step: (done: number) => Promise<number>): Promise<void> => {
  for (let done = 0; done < length; ) {
    const moved = await step(done);
    if (moved === 0) throw new Error('the partition takes or gives no more bytes');
    done += moved;
  }
};

/**
 * A volume in the size that it has in the image although its partition is smaller: its front is the partition itself, its tail comes from
 * the image as it is read. So the file system's own program can shrink it in place: whatever it moves to the front lands where it belongs.
 */
export const viewVolume = ({ index, partition, keptBytes, readChunk }: VolumeView): FileContent => {
  const chunkOf = keepingLast(readChunk);
  const written = new Map<number, Buffer>();

  const readImage = async (position: number, into: Buffer): Promise<void> => {
    const items: number[] = [];
    for (
      let item = index.firstAfter(position);
      item < index.count && index.start(item) < position + into.length;
      item++
    )
      items.push(item);
    const chunks = await Promise.all(items.map((item) => (index.isZero(item) ? undefined : chunkOf(item))));
    for (const [order, item] of items.entries()) {
      const from = Math.max(position, index.start(item));
      const to = Math.min(position + into.length, index.end(item));
      const target = into.subarray(from - position, to - position);
      const chunk = chunks[order];
      if (chunk) chunk.copy(target, 0, from - index.start(item), to - index.start(item));
      else target.fill(0);
    }
  };

  const readTail = async (position: number, into: Buffer): Promise<void> => {
    await readImage(position, into);
    for (let at = position; at < position + into.length; ) {
      const page = Math.floor(at / pageBytes);
      const end = Math.min((page + 1) * pageBytes, position + into.length);
      written.get(page)?.copy(into, at - position, at - page * pageBytes, end - page * pageBytes);
      at = end;
    }
  };

  const writeTail = async (position: number, bytes: Buffer): Promise<void> => {
    for (let at = position; at < position + bytes.length; ) {
      const page = Math.floor(at / pageBytes);
      const end = Math.min((page + 1) * pageBytes, position + bytes.length);
      let kept = written.get(page);
      if (!kept) {
        if (written.size === mostPages)
          throw new GreifError(
            'STEP_FAILED',
            'shrinking writes more behind the new end of the volume than fits into memory',
          );
        kept = Buffer.alloc(pageBytes);
        const start = page * pageBytes;
        await readImage(start, kept.subarray(0, Math.min(pageBytes, index.sizeBytes - start)));
        written.set(page, kept);
      }
      bytes.copy(kept, at - page * pageBytes, at - position, end - position);
      at = end;
    }
  };

  /** The part before the new end, then the part behind it. */
  const split = (position: number, bytes: Buffer): [Buffer, Buffer] => {
    const front = Math.max(0, Math.min(bytes.length, keptBytes - position));
    return [bytes.subarray(0, front), bytes.subarray(front)];
  };

  return {
    sizeBytes: index.sizeBytes,
    async read(position, into) {
      const [front, tail] = split(position, into);
      await move(
        front.length,
        async (done) => (await partition.read(front, done, front.length - done, position + done)).bytesRead,
      );
      if (tail.length > 0) await readTail(position + front.length, tail);
    },
    async write(position, bytes) {
      const [front, tail] = split(position, bytes);
      await move(
        front.length,
        async (done) =>
          (await partition.write(front, done, front.length - done, position + done)).bytesWritten,
      );
      if (tail.length > 0) await writeTail(position + front.length, tail);
    },
    sync: () => partition.sync(),
  };
};
