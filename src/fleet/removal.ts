import { GreifError } from '../core/errors.ts';
import { namedDisk } from './disk-rule.ts';
import { unfit } from './fixed-disk.ts';
import type { Disk } from './inventory.ts';
import type { Machine } from './machine.ts';
import type { RemovalOrder } from './order.ts';
import type { DiskFacts } from './order-evidence.ts';

/** Which disks shall be wiped: by their names, all fixed ones, or the only one that there is. */
export type DisksToWipe = readonly string[] | 'all' | undefined;

const factsOf = ({ id, serial, wwn, model, sizeBytes }: Disk): DiskFacts => ({
  id,
  ...(serial !== undefined && { serial }),
  ...(wwn !== undefined && { wwn }),
  ...(model !== undefined && { model }),
  sizeBytes,
});

const chosen = (machine: Machine, asked: DisksToWipe): string[] => {
  if (asked !== undefined && asked !== 'all') return asked.map((name) => namedDisk(machine, name));
  const fixed = machine.inventory.disks.filter((disk) => !unfit(disk)).map(({ id }) => id);
  if (fixed.length === 0)
    throw new GreifError('DISK_NOT_FOUND', `${machine.name} has no fixed disk: there is nothing to wipe`);
  if (asked === undefined && fixed.length > 1)
    throw new GreifError(
      'DISK_AMBIGUOUS',
      `${machine.name} has ${fixed.length} disks (${fixed.join(', ')}): name one with --disk, or all of them with --all`,
    );
  return fixed;
};

/**
 * The disks to wipe, as their identities were when the order was filed: what the agent meets must be the same in every point. Pure.
 * Throws DISK_NOT_FOUND, DISK_AMBIGUOUS, DISK_UNSUITABLE.
 */
export const disksToWipe = (machine: Machine, asked: DisksToWipe): RemovalOrder['options']['disks'] =>
  [...new Set(chosen(machine, asked))].map((id) => {
    const [disk, ...twins] = machine.inventory.disks.filter((one) => one.id === id);
    if (!disk || twins.length > 0)
      throw new GreifError(
        'DISK_AMBIGUOUS',
        `${machine.name} has ${twins.length + 1} disks that are called ${id}: take the others out first`,
      );
    const reason = unfit(disk);
    if (reason) throw new GreifError('DISK_UNSUITABLE', `the disk ${id} of ${machine.name}: ${reason}`);
    return factsOf(disk);
  });
