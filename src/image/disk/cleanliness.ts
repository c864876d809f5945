import type { ReadAt } from '../../image/disk/invalid-table.ts';

/**
 * Whether a file system says of itself that it was put down properly. What an unclean one calls used is not to be trusted: its
 * journal may use blocks that its own map calls free. Positions count from the start of the volume.
 */
type Check = (read: ReadAt) => Promise<string | undefined>;

/** Kernel: fs/ext4/ext4.h. Feature "recover" is set while a journal is in use, the state's first bit where there is none. */
const ext: Check = async (read) => {
  const block = await read(1024, 1024);
  if (block.readUInt32LE(0x60) & 0x4) return 'its journal was not written back';
  const state = block.readUInt16LE(0x3a);
  if (state & 0x2) return 'it is marked as having errors';
  return state & 0x1 ? undefined : 'it was not unmounted';
};

/** fs/btrfs: a log root is what an fsync left to be replayed; its blocks are in no map. */
const btrfs: Check = async (read) => {
  const block = await read(0x10000, 4096);
  if (block.readBigUInt64LE(0x88) > 1n) return 'it spans several disks';
  return block.readBigUInt64LE(0x60) === 0n ? undefined : 'its log was not replayed';
};

/** include/linux/f2fs_fs.h: the newer of two checkpoints counts. */
const f2fs: Check = async (read) => {
  const block = await read(1024, 1024);
  const blockBytes = 2 ** block.readUInt32LE(16);
  const first = block.readUInt32LE(76) * blockBytes;
  const second = first + 2 ** block.readUInt32LE(20) * blockBytes;
  const [one, other] = [await read(first, 4096), await read(second, 4096)];
  const newest = one.readBigUInt64LE(0) >= other.readBigUInt64LE(0) ? one : other;
  return newest.readUInt32LE(132) & 0x1 ? undefined : 'it was not unmounted';
};

/** exFAT specification, section 3.1.13. */
const exfat: Check = async (read) =>
  (await read(0, 512)).readUInt16LE(106) & 0x2 ? 'it was not unmounted' : undefined;

/** The state byte that Linux and Windows set while a FAT is mounted; its place tells FAT32 from the others. */
const vfat: Check = async (read) => {
  const boot = await read(0, 512);
  const isFat32 = boot.readUInt16LE(22) === 0;
  return boot.readUInt8(isFat32 ? 0x41 : 0x25) & 0x1 ? 'it was not unmounted' : undefined;
};

/** Technical note 1150: the attribute "unmounted" of the volume header, big-endian. */
const hfsplus: Check = async (read) =>
  (await read(1024, 512)).readUInt32BE(4) & 0x100 ? undefined : 'it was not unmounted';

const mftRecordOfVolume = 3;
const volumeInformation = 0x70;

/** The flags of `$Volume`: the fourth record of the MFT, whose sectors end in two bytes that lie in its update sequence. */
const ntfs: Check = async (read) => {
  const boot = await read(0, 512);
  const sectorBytes = boot.readUInt16LE(11);
  const perCluster = boot.readUInt8(13);
  const clusterBytes = sectorBytes * (perCluster > 0x80 ? 2 ** (256 - perCluster) : perCluster);
  const perRecord = boot.readInt8(64);
  const recordBytes = perRecord > 0 ? perRecord * clusterBytes : 2 ** -perRecord;
  if (!(recordBytes >= 512 && recordBytes <= 65_536)) return 'its boot sector is damaged';
  const mft = Number(boot.readBigUInt64LE(48)) * clusterBytes;
  const record = await read(mft + mftRecordOfVolume * recordBytes, recordBytes);
  if (record.toString('latin1', 0, 4) !== 'FILE') return 'its record of the volume is damaged';
  const sequence = record.readUInt16LE(4);
  for (let sector = 1; sector < record.readUInt16LE(6); sector++)
    record.copyWithin(sector * sectorBytes - 2, sequence + sector * 2, sequence + sector * 2 + 2);
  for (let at = record.readUInt16LE(20); record.readUInt32LE(at) !== 0xffffffff; ) {
    if (record.readUInt32LE(at) === volumeInformation) {
      const flags = record.readUInt16LE(at + record.readUInt16LE(at + 20) + 10);
      return flags & 0x1 ? 'Windows marked it for a check' : undefined;
    }
    const length = record.readUInt32LE(at + 4);
    if (length === 0) break;
    at += length;
  }
  return 'its record of the volume is damaged';
};

const checks: Readonly<Record<string, Check>> = {
  ext2: ext,
  ext3: ext,
  ext4: ext,
  ext4dev: ext,
  btrfs,
  f2fs,
  exfat,
  vfat,
  hfsplus,
  ntfs,
};

/** Not XFS, which is asked through the kernel, nor APFS. */
export const saysWhetherClean = (type: string): boolean => Object.hasOwn(checks, type);

/** Why the file system is unclean; `undefined`: it is clean, or of a kind that does not say. XFS is asked through the kernel instead. */
export const uncleanReason = async (type: string, read: ReadAt): Promise<string | undefined> => {
  try {
    return await checks[type]?.(read);
  } catch (error) {
    if (error instanceof RangeError) return 'its superblock is damaged';
    throw error;
  }
};
