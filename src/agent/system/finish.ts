import type { Log } from '../../core/log.ts';
import type { Disk, Inventory } from '../../fleet/inventory.ts';
import type { Manifest, Volume } from '../../image/format/manifest.ts';
import type { Run } from '../programs.ts';
import { makeBootEntry } from './boot-entry.ts';
import { makeFallbackLoader } from './fallback-loader.ts';
import type { WithMount } from './mount.ts';
import { type PersonalOrder, personalise } from './personalise.ts';
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

/** Makes of the image on the disk this PC's own system. Throws STEP_FAILED, and what `personalise` throws. */
export const finishSystem = async (
  disk: Pick<Disk, 'path'>,
  manifest: Pick<Manifest, 'table'>,
  order: PersonalOrder,
  { firmware, run, withMount, log }: FinishTools,
): Promise<Finished> => {
  log.info(`making it ${order.hostName}`);
  const personal = await personalise(disk.path, manifest, order, { run, withMount, log });
  const fallback = await makeFallbackLoader(disk.path, manifest, withMount);
  log.info('making the boot entry');
  const bootEntry = await makeBootEntry(disk.path, manifest, { firmware, run, withMount });
  return {
    steps: [...personal.steps, fallback.step, bootEntry],
    isChanged: (volume) =>
      personal.isChanged(volume) ||
      (volume.partition !== undefined && volume.partition === fallback.partition),
  };
};
