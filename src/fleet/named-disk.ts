import { GreifError } from '../core/errors.ts';
import type { Machine } from './machine.ts';

/** The disk's stable id for whatever name of it was given. Throws DISK_NOT_FOUND, DISK_AMBIGUOUS. */
export const namedDisk = ({ name, inventory: { disks } }: Machine, asked: string): string => {
  const fits = disks.filter(({ id, serial, wwn }) => [id, serial, wwn].includes(asked));
  const [disk] = fits;
  const known = disks.map(({ id }) => id).join(', ') || 'none';
  if (!disk) throw new GreifError('DISK_NOT_FOUND', `${name} has no disk ${asked}; its disks are: ${known}`);
  if (fits.length > 1)
    throw new GreifError('DISK_AMBIGUOUS', `${name} has ${fits.length} disks ${asked}: name one of ${known}`);
  return disk.id;
};
