import type { ErrorCode } from '../../core/errors.ts';
import type { Stretch } from '../../image/disk/stretches.ts';
import type { Volume } from '../../image/format/manifest.ts';
import { partclonePrograms } from '../../image/partclone/ask-partclone.ts';

/** What is known of a stretch of the disk before anything of it is captured. */
export interface VolumeFacts {
  stretch: Stretch;
  /** As blkid finds it. */
  fileSystem?: Volume['fileSystem'];
  /** Why the file system is unclean. */
  unclean?: string | undefined;
  /** The sleeping system, if there is one: `Windows`, `Linux`. */
  hibernated?: string | undefined;
}

/** How a stretch is read. */
export type Reading =
  /** Used blocks only, as this program of partclone names them. */
  | { kind: 'used'; program: string }
  /** All of it. */
  | { kind: 'whole'; reason: string }
  /** The header: swap holds nothing that anybody needs. */
  | { kind: 'swap-header' }
  | { kind: 'refused'; code: ErrorCode; message: string };

const rawRemedy = 'takes it byte for byte, free space included';

const encrypted: Readonly<Record<string, string>> = {
  BitLocker: 'is encrypted by BitLocker: decrypt it in Windows first ("manage-bde -off")',
  crypto_LUKS: 'is encrypted by LUKS: install the reference PC without encryption',
};

/** Parts of something larger, which one disk alone may not hold. */
const composite: Readonly<Record<string, string>> = {
  LVM1_member: 'belongs to an LVM volume group',
  LVM2_member: 'belongs to an LVM volume group',
  linux_raid_member: 'belongs to a software RAID (md)',
  isw_raid_member: 'belongs to a firmware RAID (Intel)',
  ddf_raid_member: 'belongs to a firmware RAID (DDF)',
  zfs_member: 'belongs to a ZFS pool',
  bcache: 'belongs to a bcache set',
};

export const volumeLabel = ({ kind, partition, firstByte }: Stretch): string =>
  kind === 'partition' ? `partition ${partition}` : kind === 'gap' ? `gap at ${firstByte}` : kind;

/**
 * How a stretch is captured, or why it is not. Pure. `raw`: the administrator asked for every byte of it, whatever it is. What only
 * looks strange is read whole; refused is what would make an image that does not work, or one that holds less than it seems to.
 */
export const decideVolume = (facts: VolumeFacts, raw: boolean): Reading => {
  const { stretch, fileSystem, unclean, hibernated } = facts;
  if (stretch.kind !== 'partition') return { kind: 'whole', reason: 'no file system' };
  if (raw) return { kind: 'whole', reason: 'asked for with --raw' };
  const type = fileSystem?.type ?? '';
  const label = volumeLabel(stretch);
  const refused = (code: ErrorCode, what: string): Reading => ({
    kind: 'refused',
    code,
    message: `${label} ${what}; or "--raw ${stretch.partition}" ${rawRemedy}`,
  });
  if (encrypted[type]) return refused('VOLUME_ENCRYPTED', encrypted[type]);
  if (composite[type])
    return refused('VOLUME_COMPOSITE', `${composite[type]}: install the reference PC on plain partitions`);
  if (hibernated) return refused('VOLUME_HIBERNATED', hibernatedText(hibernated));
  if (type === 'swap') return { kind: 'swap-header' };
  // An EFI partition is small, and its allocation table is always what counts: dirty ones are common and taken as they are.
  if (unclean && type === 'vfat') return { kind: 'whole', reason: unclean };
  if (unclean)
    return refused(
      'VOLUME_UNCLEAN',
      `(${type}) is unclean: ${unclean}: start the PC from its disk, shut it down properly and try again`,
    );
  const program = partclonePrograms[type];
  return program
    ? { kind: 'used', program }
    : { kind: 'whole', reason: type ? `${type} is not known to partclone` : 'no file system was found' };
};

const hibernatedText = (system: string): string =>
  system === 'Windows'
    ? 'holds a hibernated Windows (fast startup counts): run "shutdown /s /t 0" in it, or "powercfg /h off" for good'
    : `holds a hibernated ${system}: start it and shut it down properly`;
