import type { Partition, Volume } from '../format/manifest.ts';

/** By GPT type GUID, or MBR type byte. */
const types = {
  efiSystem: ['C12A7328-F81F-11D2-BA4B-00A0C93EC93B', 'ef'],
  biosBoot: ['21686148-6449-6E6F-744E-656564454649'],
  microsoftReserved: ['E3C9E316-0B5C-4DB8-817D-F92DF00215AE'],
  /** Windows' recovery environment, and makers' own. */
  recovery: ['DE94BBA4-06D1-4D40-A16A-BFD50179D6AC', '27', '12'],
} as const;

type Kind = keyof typeof types;

const isKind = ({ type }: Partition, ...kinds: Kind[]): boolean =>
  kinds.some((kind) =>
    (types[kind] as readonly string[]).some((one) => one.toLowerCase() === type.toLowerCase()),
  );

export const isEfiSystem = (partition: Partition): boolean => isKind(partition, 'efiSystem');
export const isMicrosoftReserved = (partition: Partition): boolean => isKind(partition, 'microsoftReserved');

/** Boot code in the first sector finds GRUB's core by its place. */
export const isBound = (partition: Partition): boolean => isKind(partition, 'biosBoot');

const growable = ['ext2', 'ext3', 'ext4', 'ntfs', 'xfs', 'btrfs'];
const shrinkable = ['ext2', 'ext3', 'ext4', 'ntfs', 'btrfs'];

/** The kernel makes no Btrfs smaller than this, nor one larger that stays below it. */
const smallestBtrfs = 256 * 1024 * 1024;

/** A system's or a user's own volume: not the small ones that firmware and recovery keep. */
export const canGrow = (partition: Partition, volume: Volume | undefined, growth: number): boolean =>
  growable.includes(volume?.fileSystem?.type ?? '') &&
  (volume?.fileSystem?.type !== 'btrfs' || partition.sizeBytes + growth >= smallestBtrfs) &&
  !isKind(partition, 'efiSystem', 'biosBoot', 'microsoftReserved', 'recovery');

/** Nobody refers to a swap area by its place, and it is made anew. */
export const mayMoveUnasked = (volume: Volume | undefined): boolean => volume?.fileSystem?.type === 'swap';

/** Less than this is no swap area worth having. */
const smallestSwap = 64 * 1024 * 1024;

/** The smallest size in bytes that the partition can be given: its own unless its file system can shrink and the image tells how far. */
export const minimumBytes = ({ sizeBytes }: Partition, volume: Volume | undefined): number => {
  const { type = '', minimumBytes: least } = volume?.fileSystem ?? {};
  if (type === 'swap') return Math.min(sizeBytes, smallestSwap);
  // Whatever a manifest says, something stays of a partition.
  const floor = type === 'btrfs' ? smallestBtrfs : 1024 * 1024;
  return shrinkable.includes(type) && least !== undefined
    ? Math.min(sizeBytes, Math.max(least, floor))
    : sizeBytes;
};
