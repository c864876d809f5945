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
