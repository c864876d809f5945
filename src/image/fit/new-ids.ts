import { randomBytes, randomUUID } from 'node:crypto';
import { GreifError } from '../../core/errors.ts';
import type { Manifest, PartitionTable } from '../format/manifest.ts';
import { isMicrosoftReserved } from './partition-kinds.ts';

/** Windows' boot configuration (BCD) finds its volumes by the ids of disk and partition. */
const holdsWindows = ({ table, volumes, os }: Pick<Manifest, 'table' | 'volumes' | 'os'>): boolean =>
  os?.id === 'windows' ||
  table.partitions.some(isMicrosoftReserved) ||
  (table.scheme === 'mbr' &&
    volumes.some(
      ({ fileSystem, partition }) =>
        fileSystem?.type === 'ntfs' &&
        table.partitions.some((one) => one.number === partition && one.bootable),
    ));

/**
 * The table with ids of its own: GPT's disk and partition GUIDs, or the MBR's disk signature. Those of file systems stay, as fstab and GRUB
 * name them. Throws DISK_UNSUITABLE for an image with Windows, which would not start any more.
 */
export const withNewIds = (
  table: PartitionTable,
  image: Pick<Manifest, 'table' | 'volumes' | 'os'>,
): PartitionTable => {
  if (holdsWindows(image))
    throw new GreifError(
      'DISK_UNSUITABLE',
      'the image holds a Windows, whose boot configuration names the ids of disk and partitions: it would not start with new ones. File the order without new ids.',
    );
  if (table.scheme === 'mbr') return { ...table, diskId: newSignature() };
  return {
    ...table,
    diskId: randomUUID().toUpperCase(),
    partitions: table.partitions.map((one) => ({ ...one, guid: randomUUID().toUpperCase() })),
  };
};

/** Zero means: has none. */
const newSignature = (): string => {
  for (;;) {
    const signature = randomBytes(4).toString('hex');
    if (signature !== '00000000') return signature;
  }
};
