import { z } from 'zod';
import { GreifError } from '../core/errors.ts';
import { unfit } from './fixed-disk.ts';
import type { Disk } from './inventory.ts';
import type { Machine } from './machine.ts';

/** What a disk is there for: `system`, `data`, … An image has one, and goes to the disk that has it too. */
export const diskRoleSchema = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, 'small letters, digits and hyphens, at most 32');
export const systemRole = 'system';

const choices = ['only', 'smallest', 'largest'] as const;
const classes = ['nvme', 'sata', 'scsi', 'virtio', 'mmc', 'ssd', 'hdd'] as const;
const rule = new RegExp(`^(${choices.join('|')})(?:[ :](${classes.join('|')}))?$`);

/**
 * Which disk of a PC: `only`, `smallest` or `largest`, of all or of a kind (`only nvme`, `largest hdd`); or one by its id, serial number, WWN or
 * bus address (`path:…`). Never by the kernel's name, which moves between boots.
 */
export const diskRuleSchema = z
  .string()
  .min(1)
  .max(256)
  .refine(
    (text) => !text.startsWith('/dev/'),
    'names below /dev move between boots: use a serial number, WWN or path:',
  );

export const diskRolesSchema = z.record(diskRoleSchema, diskRuleSchema);
export type DiskRoles = z.infer<typeof diskRolesSchema>;

/** A rule that can hold for a whole room: nobody's serial number. */
export const isForRoom = (text: string): boolean => rule.test(text) || text.startsWith('path:');

const isOfKind = ({ transport, rotational }: Disk, kind: string | undefined): boolean =>
  kind === undefined || kind === transport || (kind === 'hdd' ? rotational : kind === 'ssd' && !rotational);

const candidatesOf = (disks: readonly Disk[], text: string): Disk[] => {
  const [, choice, kind] = rule.exec(text) ?? [];
  if (choice === undefined)
    return disks.filter(({ id, serial, wwn, address }) => [id, serial, wwn, address].includes(text));
  const fitting = disks.filter((disk) => !unfit(disk) && isOfKind(disk, kind));
  if (choice === 'only') return fitting;
  const sizes = fitting.map(({ sizeBytes }) => sizeBytes);
  const wanted = choice === 'smallest' ? Math.min(...sizes) : Math.max(...sizes);
  return fitting.filter(({ sizeBytes }) => sizeBytes === wanted);
};

/** The one disk that a rule means on a PC. Throws DISK_NOT_FOUND, DISK_AMBIGUOUS. Pure. */
const diskByRule = (machine: string, disks: readonly Disk[], text: string): Disk => {
  const [disk, ...others] = candidatesOf(disks, text);
  const known = disks.map(({ id }) => id).join(', ') || 'none';
  if (!disk)
    throw new GreifError('DISK_NOT_FOUND', `${machine} has no disk ${text}; its disks are: ${known}`);
  if (others.length > 0)
    throw new GreifError(
      'DISK_AMBIGUOUS',
      `${machine} has ${others.length + 1} disks ${text}: name one of ${[disk, ...others].map(({ id }) => id).join(', ')}`,
    );
  return disk;
};

/** The stable id of the disk that a rule, or whatever name of it, means on this machine. Throws DISK_NOT_FOUND, DISK_AMBIGUOUS. */
export const namedDisk = ({ name, inventory }: Pick<Machine, 'name' | 'inventory'>, text: string): string =>
  diskByRule(name, inventory.disks, text).id;

/** A name becomes the disk's stable id; a rule stays one, and must mean one disk now. Throws DISK_NOT_FOUND, DISK_AMBIGUOUS. */
const keptRule = (machine: Machine, text: string): string => {
  const id = namedDisk(machine, text);
  return isForRoom(text) ? text : id;
};

/** The choices of a machine after a change. Throws DISK_NOT_FOUND, DISK_AMBIGUOUS. */
export const machineRoles = (
  machine: Machine,
  change: Record<string, string | null>,
): DiskRoles | undefined => {
  const kept = Object.entries(change).map(
    ([role, text]) => [role, text === null ? null : keptRule(machine, text)] as const,
  );
  return changedRoles(machine.disks, Object.fromEntries(kept));
};

/** What is left of the choices after a change; `null` takes one back. */
export const changedRoles = (
  before: DiskRoles | undefined,
  change: Record<string, string | null> | undefined,
): DiskRoles | undefined => {
  const after = Object.entries({ ...before, ...change }).filter((entry) => entry[1] !== null);
  return after.length > 0 ? (Object.fromEntries(after) as DiskRoles) : undefined;
};
