import { GreifError } from '../../core/errors.ts';
import { unfit } from '../../fleet/fixed-disk.ts';
import type { Disk } from '../../fleet/inventory.ts';

const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
const describe = (disk: Disk): string =>
  `${disk.id} (${disk.model ?? 'no model'}, serial ${disk.serial ?? 'none'}, ${gib(disk.sizeBytes)})`;
const describeAll = (disks: readonly Disk[]): string => disks.map(describe).join('; ') || 'none';

const isNamed = (disk: Disk, diskId: string): boolean => [disk.id, disk.serial, disk.wwn].includes(diskId);

const named = (disks: readonly Disk[], diskId: string): Disk => {
  const [found, ...others] = disks.filter((disk) => isNamed(disk, diskId));
  if (!found)
    throw new GreifError(
      'DISK_NOT_FOUND',
      `this PC has no disk "${diskId}". Its disks are: ${describeAll(disks)}. Name one of them in a new order.`,
    );
  if (others.length > 0)
    throw new GreifError(
      'DISK_AMBIGUOUS',
      `"${diskId}" names ${others.length + 1} disks: ${describeAll([found, ...others])}. Name one by its WWN, or take the others out.`,
    );
  const reason = unfit(found);
  if (reason)
    throw new GreifError('DISK_UNSUITABLE', `the disk ${describe(found)} cannot be imaged: ${reason}`);
  return found;
};

const theOnly = (disks: readonly Disk[]): Disk => {
  const [found, ...others] = disks.filter((disk) => !unfit(disk));
  if (!found)
    throw new GreifError(
      'DISK_NOT_FOUND',
      `this PC has no disk that can be imaged. What was seen: ${describeAll(disks)}. Is the disk plugged in, or its controller in RAID mode?`,
    );
  if (others.length > 0)
    throw new GreifError(
      'DISK_AMBIGUOUS',
      `this PC has ${others.length + 1} disks and the order names none: ${describeAll([found, ...others])}. Name one in a new order.`,
    );
  return found;
};

/**
 * The disk to write, by stable identity, or a refusal: DISK_NOT_FOUND, DISK_AMBIGUOUS, DISK_UNSUITABLE. Pure.
 * Size decides nothing about *which* disk: a PC with a small SSD and a large data disk is as ambiguous as any.
 */
export const chooseDisk = (disks: readonly Disk[], diskId: string | undefined): Disk => {
  const disk = diskId === undefined ? theOnly(disks) : named(disks, diskId);
  if (disks.some((other) => other !== disk && other.id === disk.id))
    throw new GreifError(
      'DISK_AMBIGUOUS',
      `two disks of this PC bear the identity ${disk.id}: take one out, or have its serial number corrected`,
    );
  return disk;
};
