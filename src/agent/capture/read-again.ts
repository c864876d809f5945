import { GreifError } from '../../core/errors.ts';
import type { Extent } from '../../image/disk/extents.ts';
import { chunkId, createVolumeDigest } from '../../image/format/chunk.ts';
import { chunkBytes } from '../../image/format/chunker.ts';
import type { ChunkIndex } from '../../image/format/index-file.ts';
import type { Cuttable } from '../../image/import/cut.ts';

const windowBytes = 16 * chunkBytes.maximum;

/**
 * Reads what was captured once more from the disk, holds it against the index, and answers the volume's digest. Throws DISK_READ_FAILED that names the place where it gives
 * other bytes now: somebody writes to it, or disk, cable or memory are bad.
 */
export const readAgain = async (
  stretch: Extent,
  index: ChunkIndex,
  disk: Cuttable,
  { advanced, signal }: { advanced(bytes: number): void; signal: AbortSignal },
): Promise<string> => {
  const digest = createVolumeDigest();
  const window = Buffer.alloc(windowBytes);
  for (let item = 0; item < index.count; ) {
    signal.throwIfAborted();
    const start = index.start(item);
    if (
      index.isZero(item) &&
      disk.holeEnd(stretch.firstByte + start) >= stretch.firstByte + index.end(item)
    ) {
      digest.add(index.rawId(item));
      advanced(index.size(item++));
      continue;
    }
    const next = Math.max(item + 1, index.firstAfter(start + windowBytes));
    const bytes = window.subarray(0, index.end(next - 1) - start);
    await disk.read(stretch.firstByte + start, bytes);
    for (; item < next; item++) {
      const found = chunkId(bytes.subarray(index.start(item) - start, index.end(item) - start));
      if (found !== index.id(item)) throw changed(stretch.firstByte + index.start(item));
      digest.add(index.rawId(item));
    }
    advanced(bytes.length);
  }
  return digest.digest();
};

const changed = (position: number): GreifError =>
  new GreifError(
    'DISK_READ_FAILED',
    `the disk gives other bytes at ${position} than it did before: its cable, the PC's memory or the disk itself is bad. No image was made.`,
    { details: { position } },
  );
