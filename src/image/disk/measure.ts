import type { Volume } from '../format/manifest.ts';
import type { ReadAt } from './invalid-table.ts';
import { ntfsClusters } from './ntfs-clusters.ts';

const mebibyte = 1024 * 1024;

export interface Measured {
  /** What `blkid` calls it. */
  type: string;
  sizeBytes: number;
  /** Counted from the volume's start. */
  read: ReadAt;
  /** The output of `resize2fs -P` for the volume; `undefined` when it refuses, as for an unclean one. */
  askResize2fs(): Promise<string | undefined>;
}

type Sizes = Pick<NonNullable<Volume['fileSystem']>, 'usedBytes' | 'minimumBytes'>;

const measureExt = async ({ read, sizeBytes, askResize2fs }: Measured): Promise<Sizes> => {
  const superblock = await read(1024, 1024);
  const blockBytes = 1024 * 2 ** superblock.readUInt32LE(24);
  // The upper halves of the counts are there in ext4 with 64-bit blocks, and zero elsewhere.
  const count = (low: number, high: number): number =>
    superblock.readUInt32LE(low) + superblock.readUInt32LE(high) * 2 ** 32;
  const usedBytes = (count(4, 0x150) - count(12, 0x158)) * blockBytes;
  const blocks = /minimum size of the filesystem: (\d+)/.exec((await askResize2fs()) ?? '')?.[1];
  return { usedBytes, minimumBytes: blocks ? Number(blocks) * blockBytes : sizeBytes };
};

/** ntfsresize moves whatever is in the way, so that what is used is what is needed; some room keeps it from taking for ever. */
const measureNtfs = async ({ read, sizeBytes }: Measured): Promise<Sizes> => {
  const usedBytes = await ntfsClusters(read, sizeBytes);
  return { usedBytes, minimumBytes: Math.ceil(usedBytes * 1.02) + 8 * mebibyte };
};

/** Metadata lies there twice, and space is given out by chunks of a tenth of the volume or a gibibyte: more than enough, as the kernel stops half-way otherwise. */
const measureBtrfs = async ({ read, sizeBytes }: Measured): Promise<Sizes> => {
  const superblock = await read(65_536, 4096);
  const usedBytes = Number(superblock.readBigUInt64LE(0x78));
  const devices = Number(superblock.readBigUInt64LE(0x88));
  const chunk = Math.min(1024 * mebibyte, sizeBytes / 10);
  return {
    usedBytes,
    minimumBytes: devices === 1 ? Math.ceil(usedBytes * 1.25 + chunk) + 256 * mebibyte : sizeBytes,
  };
};

const measureXfs = async ({ read, sizeBytes }: Measured): Promise<Sizes> => {
  const superblock = await read(0, 512);
  const blocks = superblock.readBigUInt64BE(8) - superblock.readBigUInt64BE(144); // sb_dblocks, sb_fdblocks
  return { usedBytes: Number(blocks) * superblock.readUInt32BE(4), minimumBytes: sizeBytes };
};

const measures: Record<string, (measured: Measured) => Promise<Sizes>> = {
  ext2: measureExt,
  ext3: measureExt,
  ext4: measureExt,
  ntfs: measureNtfs,
  btrfs: measureBtrfs,
  xfs: measureXfs,
};

/**
 * How full a file system is and how small it can be made, from its own records: none is trusted further than to be refused. One that makes no
 * sense has no sizes, and so is never shrunk.
 */
export const measureFileSystem = async (measured: Measured): Promise<Sizes> => {
  const { type, sizeBytes } = measured;
  const found = await measures[type]?.(measured).catch(() => undefined);
  if (!found) return {};
  const { usedBytes = 0, minimumBytes = sizeBytes } = found;
  if (!(usedBytes >= 0 && usedBytes <= sizeBytes && minimumBytes >= usedBytes * 0.5)) return {};
  return { usedBytes, minimumBytes: Math.min(sizeBytes, minimumBytes) };
};
