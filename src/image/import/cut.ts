import { chunkBytes, chunkEnd } from '../format/chunker.ts';

/** What is cut: bytes of a disk, and where it is known to hold nothing. */
export interface Cuttable {
  read(position: number, into: Buffer): Promise<void>;
  holeEnd(position: number): number;
}

/** A chunk, or where a hole fills the largest chunk only its place. `end` counts from the start of the disk. */
export interface CutChunk {
  end: number;
  bytes: Buffer | 'hole';
}

const windowBytes = 16 * chunkBytes.maximum;

/**
 * Cuts the disk from `start` to `end` into chunks. `start` must be a boundary (or the stretch's beginning): the cuts then are
 * the same wherever one begins. Holes are not read. At most two windows of 4 MiB are held beside what the caller keeps.
 */
export async function* cutChunks(disk: Cuttable, start: number, end: number): AsyncGenerator<CutChunk> {
  let at = start;
  let window: Buffer = Buffer.alloc(0);
  let used = 0;
  while (at < end) {
    if (disk.holeEnd(at) - at >= chunkBytes.maximum && end - at >= chunkBytes.maximum) {
      at += chunkBytes.maximum;
      used = Math.min(window.length, used + chunkBytes.maximum);
      yield { end: at, bytes: 'hole' };
      continue;
    }
    if (window.length - used < Math.min(chunkBytes.maximum, end - at)) {
      window = await slide(disk, window.subarray(used), at, end);
      used = 0;
    }
    const cut = chunkEnd(window, used);
    const bytes = window.subarray(used, cut);
    at += bytes.length;
    used = cut;
    yield { end: at, bytes };
  }
}

/** A new window (the old one's chunks may still be in use) that begins at `at` with what is left of the old. */
const slide = async (disk: Cuttable, left: Buffer, at: number, end: number): Promise<Buffer> => {
  const window = Buffer.allocUnsafeSlow(Math.min(windowBytes, end - at));
  left.copy(window);
  await disk.read(at + left.length, window.subarray(left.length));
  return window;
};
