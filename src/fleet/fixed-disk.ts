import type { Disk } from './inventory.ts';

/** Why a disk is neither imaged nor wiped, or `undefined`: it may be. */
export const unfit = (disk: Disk): string | undefined => {
  if (disk.removable) return 'it is removable';
  if (disk.readOnly) return 'it is read-only';
  if (disk.transport === 'usb') return 'it is connected by USB';
  return undefined;
};
