import type { RootedFiles } from '../../../core/rooted-files.ts';
import type { WindowsKit } from '../../../fleet/windows-kit.ts';
import type { Run } from '../../programs.ts';
import type { StepReport } from '../step.ts';
import type { DriverSource } from './driver-source.ts';

/** An installed Windows, mounted for writing; names are found whatever the case of their letters. */
export interface WindowsSystem {
  files: RootedFiles;
  hostName: string;
  kit: WindowsKit;
  drivers: DriverSource;
  /** The disk's or the partitions' ids are not those that this Windows knew. */
  hasNewIds: boolean;
  run: Run;
}

export type WindowsStep = (system: WindowsSystem) => Promise<StepReport>;

export const systemHive = 'Windows/System32/config/SYSTEM';
export const softwareHive = 'Windows/System32/config/SOFTWARE';
