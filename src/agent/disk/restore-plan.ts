import { type Extent, endOf, inDiskOrder, without } from '../../image/disk/extents.ts';
import type { VolumeContent } from './layout.ts';
import { countedBytes } from './pieces.ts';

const mebibyte = 1024 * 1024;
/** Where file systems, RAID and LVM leave their marks at both ends of what they own. */
const signatureBytes = mebibyte;

/** What a restore does, in this order. */
export interface RestorePlan {
  /** First the old disk is made unmistakably empty: its boot code and tables, and the marks of what lay between our volumes. */
  wipe: Extent[];
  body: VolumeContent[];
  /** Partition table and boot code last: until then nothing boots or mounts what is half there. */
  head: VolumeContent[];
  /** Of all volumes, what counts (`countedItems`). */
  totalBytes: number;
}

/** What no volume covers. */
const uncovered = (volumes: readonly Extent[], diskBytes: number): Extent[] => [
  ...without([{ firstByte: 0, sizeBytes: diskBytes }], inDiskOrder(volumes)),
];

/** Both ends of a gap, or all of it when that is little more. */
const signaturesIn = (gap: Extent): Extent[] =>
  gap.sizeBytes <= 2 * signatureBytes
    ? [gap]
    : [
        { firstByte: gap.firstByte, sizeBytes: signatureBytes },
        { firstByte: endOf(gap) - signatureBytes, sizeBytes: signatureBytes },
      ];

/** Pure. The volumes must lie on the disk and not overlap (`checkLayout`). */
export const planRestore = (contents: readonly VolumeContent[], diskBytes: number): RestorePlan => {
  const volumes = contents.map(({ volume }) => volume);
  const ofKind = (head: boolean) =>
    contents
      .filter(({ volume }) => (volume.kind === 'head') === head)
      .toSorted((one, other) => one.volume.firstByte - other.volume.firstByte);
  const head = ofKind(true);
  return {
    wipe: [
      ...head.map(({ volume: { firstByte, sizeBytes } }) => ({ firstByte, sizeBytes })),
      ...uncovered(volumes, diskBytes).flatMap(signaturesIn),
    ],
    body: ofKind(false),
    head,
    totalBytes: countedBytes(contents),
  };
};
