import { deviceOf } from './disk-device.ts';
import type { InstallValues } from './install-values.ts';
import { unfit } from './syntax.ts';

/** For installers that leave the disk to a script, `linux-disk` in config/answers. */
export const assertLinuxDisk = (values: InstallValues): void => {
  deviceOf(values);
  if (!['ext4', 'xfs', 'btrfs'].includes(values.disk.fileSystem))
    throw unfit('disk.fileSystem', 'a file system of this installer', 'it has ext4, xfs and btrfs');
};
