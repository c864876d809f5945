import { rootedFiles } from '../../../core/rooted-files.ts';
import { assertComputerName } from '../../../fleet/computer-name.ts';
import type { WindowsKit } from '../../../fleet/windows-kit.ts';
import type { DiskVolume } from '../disk-volumes.ts';
import type { StepReport } from '../step.ts';
import type { PersonalisedSystem, SystemTools } from '../system-tools.ts';
import { giveAnswerFile, giveSetupComplete } from './answers.ts';
import type { DriverSource } from './driver-source.ts';
import { giveDrivers } from './drivers.ts';
import { forgetDriveLetters, giveComputerName } from './names.ts';
import type { WindowsStep } from './windows-step.ts';

export interface WindowsRoot {
  kind: 'windows';
  volume: DiskVolume;
}

/** A Windows is where its registry is; recovery and installation media have none there. */
export const findWindows = async (volume: DiskVolume, mounted: string): Promise<WindowsRoot[]> => {
  const files = rootedFiles(mounted, { anyCase: true });
  const isRoot = (await files.locate('Windows/System32/config/SYSTEM')) !== undefined;
  return isRoot ? [{ kind: 'windows', volume }] : [];
};

/** What the order brings for a Windows. */
export interface WindowsOrder {
  kit: WindowsKit;
  drivers: DriverSource;
  hasNewIds: boolean;
}

const steps: readonly WindowsStep[] = [
  giveAnswerFile,
  giveComputerName,
  giveDrivers,
  giveSetupComplete,
  forgetDriveLetters,
];

/** Makes of the image's Windows this PC's own. Throws FILE_SYSTEM_UNCLEAN, HOST_NAME_INVALID, DRIVER_*, STEP_FAILED. */
export const personaliseWindows = async (
  { volume }: WindowsRoot,
  hostName: string,
  order: WindowsOrder,
  { run, withMount, log }: SystemTools,
): Promise<PersonalisedSystem> => {
  assertComputerName(hostName);
  const reports: StepReport[] = [];
  await withMount({ device: volume.device, fileSystem: 'ntfs', readOnly: false }, async (mounted) => {
    const files = rootedFiles(mounted, { anyCase: true });
    for (const step of steps) {
      const done = await step({ files, hostName, run, ...order });
      log[done.outcome === 'warning' ? 'warn' : 'info'](`${done.name}: ${done.detail}`);
      reports.push(done);
    }
  });
  return { steps: reports, changed: [volume.device] };
};
