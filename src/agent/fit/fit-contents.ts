import type { FitPlan } from '../../image/fit/fit-plan.ts';
import { zeroChunkId } from '../../image/format/chunk.ts';
import { volumeDigest } from '../../image/format/describe-index.ts';
import { type ChunkIndex, encodeIndexItem, viewIndexItems } from '../../image/format/index-file.ts';
import type { VolumeContent } from '../disk/layout.ts';

/** A volume of the image, and what of it is written to this disk. */
export interface FittedContent {
  /** As the image has it: place, size, every chunk. */
  source: VolumeContent;
  /** At its place on this disk; only its front where the partition is smaller. */
  written: VolumeContent;
}

export const isShrunk = ({ source, written }: FittedContent): boolean =>
  written.volume.sizeBytes < source.volume.sizeBytes;

/** The chunks that lie wholly in the first `sizeBytes`, and zeros for the rest of them: the chunk that the end cuts is written when the volume is shrunk. */
const frontOf = (index: ChunkIndex, sizeBytes: number): ChunkIndex => {
  const items: Buffer[] = [];
  let end = 0;
  for (let item = 0; item < index.count && index.end(item) <= sizeBytes; item++) {
    end = index.end(item);
    items.push(encodeIndexItem(end, index.id(item)));
  }
  if (end < sizeBytes) items.push(encodeIndexItem(sizeBytes, zeroChunkId(sizeBytes - end)));
  return viewIndexItems(Buffer.concat(items));
};

/** Pure. */
export const fitContents = (contents: readonly VolumeContent[], { placements }: FitPlan): FittedContent[] =>
  contents.map((source) => {
    const { volume, index } = source;
    const place = placements.find((one) => one.volume === volume);
    const firstByte = place?.firstByte ?? volume.firstByte;
    const sizeBytes = Math.min(volume.sizeBytes, place?.sizeBytes ?? volume.sizeBytes);
    if (sizeBytes === volume.sizeBytes)
      return { source, written: { volume: { ...volume, firstByte }, index } };
    const front = frontOf(index, sizeBytes);
    const about = { firstByte, sizeBytes, chunkCount: front.count, digest: volumeDigest(front) };
    return { source, written: { volume: { ...volume, ...about }, index: front } };
  });
