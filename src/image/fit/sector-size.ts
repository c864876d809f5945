import { GreifError } from '../../core/errors.ts';
import type { Manifest, Volume } from '../format/manifest.ts';

/** As much of a volume's start as `sectorsOf` looks at. */
export const volumeStartBytes = 4096;

const known = [512, 4096];

/**
 * The sector size in bytes that a file system was made for, from the first 4 KiB of its volume: smaller blocks than that it never reads or
 * writes. `undefined`: none is known of this type. Pure.
 */
export const sectorsOf = (type: string, start: Buffer): number | undefined => {
  if (start.length < volumeStartBytes) return undefined;
  switch (type) {
    case 'vfat':
    case 'ntfs':
      return start.readUInt16LE(11); // bytes per sector, in every BIOS parameter block
    case 'exfat':
      return 2 ** (start[108] ?? 0);
    case 'ext2':
    case 'ext3':
    case 'ext4':
      return 1024 * 2 ** start.readUInt32LE(1024 + 24); // s_log_block_size
    case 'xfs':
      return start.readUInt16BE(102); // sb_sectsize
    case 'btrfs':
    case 'swap':
      return 4096;
    default:
      return undefined;
  }
};

const unsuitable = (problem: string): GreifError =>
  new GreifError(
    'DISK_UNSUITABLE',
    `${problem} Use a disk with the image's sector size, or an image made on such a disk.`,
  );

/** Windows and its boot code count in the sectors that NTFS was made for; others only need blocks that are not smaller than the disk's. */
const volumeFault = (volume: Volume, start: Buffer, image: number, disk: number): string | undefined => {
  const type = volume.fileSystem?.type ?? 'unknown content';
  const sectors = sectorsOf(type, start);
  const what = `partition ${volume.partition} (${type})`;
  if (sectors === undefined) return `${what} may depend on sectors of ${image} bytes.`;
  if (sectors < disk)
    return `${what} was made for sectors of ${sectors} bytes and cannot be used on this disk.`;
  return type === 'ntfs' && sectors !== disk
    ? `${what} was made for sectors of ${sectors} bytes, which Windows expects of the disk.`
    : undefined;
};

/**
 * Whether an image may go on a disk with other sectors than it was made on (512-byte, as also 512e disks show, or 4Kn). Throws
 * DISK_UNSUITABLE that names what is in the way. `startOf`: the first 4 KiB of a partition's volume, asked for only when sizes differ.
 */
export const checkSectors = async (
  { table, volumes }: Pick<Manifest, 'table' | 'volumes'>,
  diskSectorBytes: number,
  startOf: (volume: Volume) => Promise<Buffer>,
): Promise<void> => {
  const { sectorBytes, scheme } = table;
  if (sectorBytes === diskSectorBytes) return;
  const differ = `The image is made for sectors of ${sectorBytes} bytes and the disk has ${diskSectorBytes}:`;
  if (!known.includes(sectorBytes) || !known.includes(diskSectorBytes))
    throw unsuitable(`${differ} only 512 and 4096 can be told into each other.`);
  if (scheme === 'mbr')
    throw unsuitable(`${differ} an MBR cannot be rewritten, as systems read it by sectors.`);
  for (const { number, firstByte, sizeBytes } of table.partitions)
    if (firstByte % diskSectorBytes !== 0 || sizeBytes % diskSectorBytes !== 0)
      throw unsuitable(`${differ} partition ${number} does not begin and end at such a sector.`);
  for (const volume of volumes) {
    if (volume.kind !== 'partition') continue;
    const fault = volumeFault(volume, await startOf(volume), sectorBytes, diskSectorBytes);
    if (fault) throw unsuitable(`${differ} ${fault}`);
  }
};
