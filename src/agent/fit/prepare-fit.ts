import type { Disk } from '../../fleet/inventory.ts';
import type { DeployOrder } from '../../fleet/order.ts';
import { planFit } from '../../image/fit/fit-plan.ts';
import { withNewIds } from '../../image/fit/new-ids.ts';
import { checkSectors, volumeStartBytes } from '../../image/fit/sector-size.ts';
import { checkStart } from '../../image/fit/usable-area.ts';
import type { Manifest, Volume } from '../../image/format/manifest.ts';
import { checkContents, type VolumeContent } from '../disk/layout.ts';
import type { RestoreTools } from '../disk/restore.ts';
import { openChunkReader } from './chunk-reader.ts';
import { fitContents } from './fit-contents.ts';
import type { FitJob } from './fit-disk.ts';

export interface FitRequest {
  disk: Disk;
  manifest: Manifest;
  contents: readonly VolumeContent[];
  options: DeployOrder['options'];
}

/** Every chunk but the last holds more than the start of a volume that is looked at. */
const startReader = (
  contents: readonly VolumeContent[],
  tools: Pick<RestoreTools, 'connectChunks' | 'signal'>,
) => {
  const chunks = openChunkReader(tools);
  return {
    async read(volume: Volume): Promise<Buffer> {
      const index = contents.find((content) => content.volume === volume)?.index;
      return index && index.count > 0
        ? (await chunks.read(index, 0)).subarray(0, volumeStartBytes)
        : Buffer.alloc(0);
    },
    close: () => chunks.close(),
  };
};

/**
 * All that must be certain of the disk's size and sectors before anything is written. Throws MANIFEST_INVALID, DISK_TOO_SMALL,
 * DISK_UNSUITABLE, and what fetching a chunk throws.
 */
export const prepareFit = async (
  { disk, manifest, contents, options }: FitRequest,
  tools: Pick<RestoreTools, 'connectChunks' | 'signal'>,
): Promise<FitJob> => {
  checkContents(contents);
  const start = startReader(contents, tools);
  try {
    await checkSectors(manifest, disk.logicalSectorBytes, start.read);
  } finally {
    start.close();
  }
  const plan = planFit(manifest, disk, options.layout);
  checkStart(plan.table, disk.logicalSectorBytes);
  const table = options.newIds ? withNewIds(plan.table, manifest) : plan.table;
  return { disk, manifest, table, notes: plan.notes, contents: fitContents(contents, plan) };
};
