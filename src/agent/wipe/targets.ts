import { GreifError } from '../../core/errors.ts';
import { unfit } from '../../fleet/fixed-disk.ts';
import type { Disk } from '../../fleet/inventory.ts';
import type { DiskFacts } from '../../fleet/order-evidence.ts';

/** The disk that bears this identity now, in every point as when the order was filed. */
const target = (disks: readonly Disk[], asked: DiskFacts): Disk => {
  const [disk, ...twins] = disks.filter(({ id }) => id === asked.id);
  if (!disk)
    throw new GreifError('DISK_NOT_FOUND', `this PC has no disk ${asked.id} any more: nothing was wiped`);
  if (twins.length > 0)
    throw new GreifError(
      'DISK_AMBIGUOUS',
      `${twins.length + 1} disks of this PC are called ${asked.id}: nothing was wiped. Take the others out.`,
    );
  const same = (['serial', 'wwn', 'model', 'sizeBytes'] as const).every((name) => disk[name] === asked[name]);
  if (!same)
    throw new GreifError(
      'DISK_UNSUITABLE',
      `the disk ${asked.id} is another one than when the order was filed: nothing was wiped. File a new order.`,
    );
  const reason = unfit(disk);
  if (reason) throw new GreifError('DISK_UNSUITABLE', `the disk ${asked.id} cannot be wiped: ${reason}`);
  return disk;
};

/** All the disks of the order, or a refusal before the first byte. Pure. */
export const wipeTargets = (disks: readonly Disk[], asked: readonly DiskFacts[]): Disk[] =>
  asked.map((one) => target(disks, one));
