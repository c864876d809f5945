import type { Manifest, Partition } from '../../image/format/manifest.ts';
import type { Run } from '../programs.ts';

const mebibyte = 1024 * 1024;
/** MBR counts sectors in 32 bits. */
const mbrSectors = 2 ** 32;
const growable: Record<string, true> = {
  ext2: true,
  ext3: true,
  ext4: true,
  ntfs: true,
  xfs: true,
  btrfs: true,
};

/** What becomes of the last partition on the target disk. */
export type Growth =
  | { kind: 'grow'; partition: Partition; fileSystem: string }
  | { kind: 'keep'; reason: string };

/** `/dev/sda` → `/dev/sda3`, `/dev/nvme0n1` → `/dev/nvme0n1p3`. */
export const partitionPath = (disk: string, number: number): string =>
  `${disk}${/\d$/.test(disk) ? 'p' : ''}${number}`;

export const lastPartition = ({ table }: Pick<Manifest, 'table'>): Partition =>
  table.partitions.reduce((last, one) => (one.firstByte > last.firstByte ? one : last));

/** Where the last usable byte ends: GPT keeps 33 sectors of backup table behind it, MBR cannot count further than 2^32 sectors. */
const usableEnd = ({ scheme, sectorBytes }: Manifest['table'], diskBytes: number): number =>
  scheme === 'gpt' ? diskBytes - 33 * sectorBytes : Math.min(diskBytes, mbrSectors * sectorBytes);

/** Whether and how the last partition takes the rest of the disk. Pure. */
export const planGrowth = (manifest: Pick<Manifest, 'table' | 'volumes'>, diskBytes: number): Growth => {
  const partition = lastPartition(manifest);
  const fileSystem =
    manifest.volumes.find((volume) => volume.partition === partition.number)?.fileSystem?.type ?? 'unknown';
  const keep = (reason: string): Growth => ({ kind: 'keep', reason });
  if (usableEnd(manifest.table, diskBytes) - (partition.firstByte + partition.sizeBytes) < mebibyte)
    return keep('the image fills the disk');
  if (!growable[fileSystem])
    return keep(`the last partition (${partition.number}) holds ${fileSystem}, which is not grown`);
  if (manifest.table.scheme === 'mbr' && partition.number > 4)
    return keep(`the last partition (${partition.number}) is a logical one, which is not grown`);
  return { kind: 'grow', partition, fileSystem };
};

/**
 * Fits the restored table to this disk: the backup GPT goes to the disk's end (UEFI section 5.3.2), the last partition grows; type, GUID
 * and name of every partition stay. Afterwards the kernel knows the partitions. Throws STEP_FAILED.
 */
export const fitPartitionTable = async (
  disk: string,
  { scheme }: Pick<Manifest['table'], 'scheme'>,
  growth: Growth,
  run: Run,
): Promise<void> => {
  if (scheme === 'gpt')
    await run('sfdisk', ['--no-reread', '--no-tell-kernel', '--relocate', 'gpt-bak-std', disk]);
  if (growth.kind === 'grow')
    await run(
      'sfdisk',
      ['--no-reread', '--no-tell-kernel', '--force', '-N', `${growth.partition.number}`, disk],
      {
        input: ', +\n',
      },
    );
  await run('blockdev', ['--flushbufs', disk]);
  // The kernel forgets the old partitions; partx then tells it those that it has no parser for.
  await run('blockdev', ['--rereadpt', disk]);
  await run('partx', ['--update', disk]);
};
