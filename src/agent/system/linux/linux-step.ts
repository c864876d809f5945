import type { Log } from '../../../core/log.ts';
import type { RootedFiles } from '../../../core/rooted-files.ts';
import type { Run } from '../../programs.ts';
import type { DiskVolume } from '../disk-volumes.ts';
import type { StepReport } from '../step.ts';

/** An installed Linux, mounted with what its fstab puts below it. */
export interface LinuxSystem {
  files: RootedFiles;
  hostName: string;
  /** Every partition of the disk, as it is now. */
  volumes: readonly DiskVolume[];
  run: Run;
  log: Log;
}

export type LinuxStep = (system: LinuxSystem) => Promise<StepReport>;

/** A detail never outgrows the evidence. */
const detailAtMost = 1024;

export const report = (
  name: string,
  outcome: StepReport['outcome'],
  ...sentences: readonly string[]
): StepReport => ({ name, outcome, detail: sentences.join('; ').slice(0, detailAtMost) });
