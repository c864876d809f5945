import type { Extent } from '../../image/disk/extents.ts';
import { within } from '../../image/disk/extents.ts';
import type { Cuttable } from '../../image/import/cut.ts';
import { holeEnd } from '../../image/import/source.ts';
import type { SourceDisk } from './source-disk.ts';

/**
 * The disk with zeros wherever nothing is kept: what deleted files have left is neither read nor sent, and the same used blocks make the same
 * chunks on every disk. `kept` is in disk order, without overlaps.
 */
export const maskDisk = (
  disk: Pick<SourceDisk, 'read' | 'sizeBytes'>,
  kept: readonly Extent[],
  onRead: (bytes: number) => void,
): Cuttable => {
  const data = kept.map(({ firstByte, sizeBytes }) => ({ start: firstByte, length: sizeBytes }));
  return {
    holeEnd: (position) => holeEnd(data, position, disk.sizeBytes),
    async read(position, into) {
      let at = 0;
      for (const extent of within(near(kept, position, into.length), {
        firstByte: position,
        sizeBytes: into.length,
      })) {
        const start = extent.firstByte - position;
        into.fill(0, at, start);
        at = start + extent.sizeBytes;
        await disk.read(extent.firstByte, into.subarray(start, at));
        onRead(extent.sizeBytes);
      }
      into.fill(0, at);
    },
  };
};

/** The extents that may touch the stretch, found by halving: a volume may have a hundred thousand. */
const near = (kept: readonly Extent[], position: number, length: number): readonly Extent[] => {
  const firstEndingAfter = (bound: number): number => {
    let low = 0;
    for (let high = kept.length; low < high; ) {
      const middle = (low + high) >>> 1;
      const extent = kept[middle];
      if (extent && extent.firstByte + extent.sizeBytes > bound) high = middle;
      else low = middle + 1;
    }
    return low;
  };
  return kept.slice(firstEndingAfter(position), firstEndingAfter(position + length) + 1);
};
