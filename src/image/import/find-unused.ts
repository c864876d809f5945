import { saysWhetherClean, uncleanReason } from '../disk/cleanliness.ts';
import type { Extent } from '../disk/extents.ts';
import type { ReadAt } from '../disk/invalid-table.ts';
import { unusedRuns } from '../disk/unused-runs.ts';
import { type AskPartclone, partclonePrograms, usedExtents } from '../partclone/ask-partclone.ts';
import { withLoopDevice } from './loop-device.ts';
import { runTool } from './run-tool.ts';

const run: AskPartclone['run'] = async (program, args, { signal }) => {
  const { status, complaint } = await runTool(program, args, signal);
  if (status !== 0) throw new Error(`${program}: ${complaint}`);
};

/** No page is larger, and a swap area's header is one page: all that a deploy, which makes swap anew, has to find. */
const swapHeaderBytes = 65_536;

/**
 * The runs of a volume that its file system does not use, as the manifest has them. `undefined`, so that all counts as used: a file system that
 * partclone does not know or that does not say whether it was put down properly, one that was not, no right to make a loop device.
 * `read` counts from the volume's start.
 */
export const findUnused = async (
  file: string,
  place: Extent,
  type: string,
  read: ReadAt,
): Promise<Extent[] | undefined> => {
  const { sizeBytes } = place;
  if (type === 'swap') return unusedRuns([{ firstByte: 0, sizeBytes: swapHeaderBytes }], sizeBytes);
  const program = partclonePrograms[type];
  if (!program || !saysWhetherClean(type) || (await uncleanReason(type, read))) return undefined;
  return withLoopDevice(file, place, async (device) => {
    const used = await usedExtents({ program, device, run }, sizeBytes).catch(() => undefined);
    return used && unusedRuns(used, sizeBytes);
  });
};
