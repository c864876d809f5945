import type { Extent } from '../../image/disk/extents.ts';
import type { Stretch } from '../../image/disk/stretches.ts';
import { askPartclone, partclonePrograms } from '../../image/partclone/ask-partclone.ts';
import { withVolumeDevice } from '../disk/volume-device.ts';
import type { Run } from '../programs.ts';
import type { UsedExtents } from './old-stretches.ts';

/** Reading a map of blocks is quick; a file system that is broken must not hold up its own end. */
const timeLimitMs = 60_000;

const usedOn = async (device: string, run: Run, signal: AbortSignal): Promise<Extent[]> => {
  const type = await run('blkid', ['--probe', '--output', 'value', '--match-tag', 'TYPE', device], {
    signal,
  });
  const program = partclonePrograms[type.trim()];
  if (!program) throw new Error(`partclone does not know "${type.trim()}"`);
  // Forced: an unclean file system will do, since nothing it says is trusted.
  return (await askPartclone({ program, device, force: true, timeLimitMs, run, signal })).used;
};

/** What partclone says of a partition of `disk`, which may lie or fail: then all of it counts as used. */
export const usedBlocks =
  (disk: string, run: Run, signal: AbortSignal): UsedExtents =>
  async (partition: Stretch) => {
    try {
      const used = await withVolumeDevice(disk, partition, run, (device) => usedOn(device, run, signal));
      return used
        .map((extent) => ({ ...extent, firstByte: partition.firstByte + extent.firstByte }))
        .filter(
          ({ firstByte, sizeBytes }) => firstByte + sizeBytes <= partition.firstByte + partition.sizeBytes,
        );
    } catch {
      signal.throwIfAborted();
      return undefined;
    }
  };
