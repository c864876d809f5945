import { GreifError } from '../../core/errors.ts';
import type { Extent } from '../../image/disk/extents.ts';
import { alignedBuffer } from '../disk/aligned-buffers.ts';
import type { BlockDevice } from '../disk/block-device.ts';

const writeBytes = 2 * 1024 * 1024;
/** What a bad place is narrowed down to: no disk has larger sectors. */
const placeBytes = 4096;
/** So many bad places are enough to know: each may cost a disk half a minute. */
const mostBadPlaces = 64;

export interface OverwriteTools {
  device: BlockDevice;
  signal: AbortSignal;
  advanced(bytes: number): void;
}

function* parts({ firstByte, sizeBytes }: Extent, partBytes: number): Generator<Extent> {
  for (let done = 0; done < sizeBytes; done += partBytes)
    yield { firstByte: firstByte + done, sizeBytes: Math.min(partBytes, sizeBytes - done) };
}

/**
 * Writes zeros over the whole disk, as data and not as a command that the disk might answer by forgetting. Goes on past places that refuse, so that as
 * much as possible is gone, and then throws DISK_NOT_WIPED that names them.
 */
export const overwrite = async (sizeBytes: number, tools: OverwriteTools): Promise<void> => {
  const { device, signal, advanced } = tools;
  // The same zeros for every write: nothing is ever written into them.
  const zeros = alignedBuffer(writeBytes);
  const bad: number[] = [];

  const writeOne = async (extent: Extent): Promise<boolean> => {
    try {
      await device.write(zeros.subarray(0, extent.sizeBytes), extent.firstByte);
      return true;
    } catch (error) {
      if (!(error instanceof GreifError) || error.code !== 'DISK_WRITE_FAILED') throw error;
      return false;
    }
  };
  const narrowDown = async (extent: Extent): Promise<void> => {
    for (const place of parts(extent, placeBytes)) {
      if (await writeOne(place)) continue;
      bad.push(place.firstByte);
      if (bad.length >= mostBadPlaces) throw notWiped(device.path, bad);
    }
  };

  for (const extent of parts({ firstByte: 0, sizeBytes }, writeBytes)) {
    signal.throwIfAborted();
    if (!(await writeOne(extent))) await narrowDown(extent);
    advanced(extent.sizeBytes);
  }
  if (bad.length > 0) throw notWiped(device.path, bad);
  await device.sync();
};

const notWiped = (path: string, bad: readonly number[]): GreifError =>
  new GreifError(
    'DISK_NOT_WIPED',
    `${bad.length >= mostBadPlaces ? 'at least ' : ''}${bad.length} places of ${path} cannot be overwritten, the first at byte ${bad[0]}: what lies there stays. Destroy the disk mechanically.`,
    { details: { firstByte: bad[0], places: bad.length } },
  );
