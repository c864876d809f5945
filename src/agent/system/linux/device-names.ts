import type { DiskVolume } from '../disk-volumes.ts';

/** What a name of a device, as fstab(5) and the kernel's command line bear it, means on this disk. */
export type NamedDevice =
  | { kind: 'here'; volume: DiskVolume }
  /** By UUID, label and the like: no partition of this disk has it. */
  | { kind: 'missing' }
  /** By a name of the kernel's or of the old disk's: not certain, whatever lies at that number here. */
  | { kind: 'by-number'; disk: string; volume: DiskVolume | undefined }
  /** Not a partition: a share, a virtual file system, a mapped device that is not opened. */
  | { kind: 'other' };

const unquote = (text: string): string => text.replace(/^"(.*)"$/, '$1');

/** fstab writes blanks in octal, udev's links in hex. */
const decodeEscapes = (text: string): string =>
  text
    .replace(/\\x([0-9a-f]{2})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/\\([0-7]{3})/g, (_all, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

const tagged: Record<string, (volume: DiskVolume) => string | undefined> = {
  uuid: ({ uuid }) => uuid,
  label: ({ label }) => label,
  partuuid: ({ partitionUuid }) => partitionUuid,
  partlabel: ({ partitionLabel }) => partitionLabel,
};

/** `/dev/sda2`, `/dev/nvme0n1p2`, `/dev/disk/by-id/ata-…-part2`: the disk and the partition's number. */
const numbered =
  /^(\/dev\/disk\/by-(?:id|path)\/.+)-part(\d+)$|^(\/dev\/(?:[shv]|xv)d[a-z]+)(\d+)$|^(\/dev\/(?:nvme\d+n|mmcblk)\d+)p(\d+)$/;

/** Pure. */
export const findDevice = (name: string, volumes: readonly DiskVolume[]): NamedDevice => {
  const logical = volumes.find(({ logicalNames }) => logicalNames?.includes(name));
  if (logical) return { kind: 'here', volume: logical };
  const [, tag = '', value = ''] =
    /^(UUID|LABEL|PARTUUID|PARTLABEL)=(.*)$/i.exec(name) ??
    /^\/dev\/disk\/by-(uuid|label|partuuid|partlabel)\/(.*)$/.exec(name) ??
    [];
  const read = tagged[tag.toLowerCase()];
  if (read) {
    const wanted = decodeEscapes(unquote(value)).toLowerCase();
    const volume = volumes.find((one) => read(one)?.toLowerCase() === wanted);
    return volume ? { kind: 'here', volume } : { kind: 'missing' };
  }
  const parts = numbered
    .exec(name)
    ?.slice(1)
    .filter((part) => part !== undefined);
  if (!parts) return { kind: 'other' };
  const [disk = '', number] = parts;
  const isPartition = ({ partition, logicalNames }: DiskVolume): boolean =>
    !logicalNames && partition === Number(number);
  return { kind: 'by-number', disk, volume: volumes.find(isPartition) };
};
