import type { InstallValues } from './install-values.ts';
import { unfit } from './syntax.ts';

/** The disk that everything is taken from. Throws ANSWER_VALUE_UNFIT: an installer that asks nobody would choose one, or take all. */
export const deviceOf = ({ disk }: InstallValues): string => {
  if (disk.device === undefined)
    throw unfit('disk.device', 'the disk of this installer', 'none is named, and it would choose by itself');
  return disk.device;
};

/** `/dev/sda` → `sda`, also behind by-id: as installers name disks. */
export const withoutDev = (device: string): string => device.replace(/^\/dev\//, '');
