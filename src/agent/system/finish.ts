import type { Log } from '../../core/log.ts';
import type { Disk, Inventory } from '../../fleet/inventory.ts';
import type { Manifest, Volume } from '../../image/format/manifest.ts';
import type { Run } from '../programs.ts';
import { makeBootEntry } from './boot-entry.ts';
import { growFileSystem } from './grow.ts';
import type { WithMount } from './mount.ts';
import { fitPartitionTable, planGrowth } from './partition-table.ts';
import { personalise } from './personalise.ts';
import type { StepReport } from './step.ts';

export interface FinishTools {
  firmware: Inventory['firmware'];
  run: Run;
  withMount: WithMount;
  log: Log;
}

export interface Finished {
  steps: StepReport[];
  /** Whether a step may have written to the volume: then its bytes are no longer the image's. */
  isChanged(volume: Volume): boolean;
}

/** Makes of the image on the disk this PC's own system. Throws STEP_FAILED. */
export const finishSystem = async (
  disk: Pick<Disk, 'path' | 'sizeBytes'>,
  manifest: Manifest,
  hostName: string,
  { firmware, run, withMount, log }: FinishTools,
): Promise<Finished> => {
  const growth = planGrowth(manifest, disk.sizeBytes);
  log.info('fitting the partition table to the disk');
  await fitPartitionTable(disk.path, manifest.table, growth, run);
  const table: StepReport = {
    name: 'partition-table',
    outcome: 'done',
    detail:
      manifest.table.scheme === 'gpt' ? 'the backup table is at the end of this disk' : 'as in the image',
  };
  log.info('growing the last file system');
  const grown = await growFileSystem(disk.path, growth, run, withMount);
  log.info(`making it ${hostName}`);
  const personal = await personalise(disk.path, manifest, hostName, withMount);
  log.info('making the boot entry');
  const bootEntry = await makeBootEntry(disk.path, manifest, { firmware, run, withMount });
  const grownNumber = growth.kind === 'grow' ? growth.partition.number : undefined;
  return {
    steps: [table, grown, ...personal.steps, bootEntry],
    isChanged: (volume) =>
      volume.kind === 'head' ||
      volume === personal.volume ||
      (volume.partition !== undefined && volume.partition === grownNumber),
  };
};
