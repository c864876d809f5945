import type { ChunkId } from '../../image/ports.ts';
import type { Extent } from './block-device.ts';
import { endOf, inDiskOrder, type VolumeContent } from './layout.ts';

const mebibyte = 1024 * 1024;
/** Zeros from this size on are made by the disk; shorter ones travel along with the data around them. */
const madeFrom = 4 * mebibyte;
/** Zeros are asked of the disk in portions, so that progress shows and a cancelled order stops. */
const madeAtOnce = 1024 * mebibyte;
/** Where file systems, RAID and LVM leave their marks at both ends of what they own. */
const signatureBytes = mebibyte;

/** A stretch of a volume: a chunk with data, or zeros. Offsets are the disk's. */
export type Piece =
  | (Extent & { kind: 'data'; id: ChunkId; content: VolumeContent })
  | (Extent & { kind: 'zeros' });

/** What a restore does, in this order. */
export interface RestorePlan {
  /** First the old disk is made unmistakably empty: its boot code and tables, and the marks of what lay between our volumes. */
  wipe: Extent[];
  body: VolumeContent[];
  /** Partition table and boot code last: until then nothing boots or mounts what is half there. */
  head: VolumeContent[];
  totalBytes: number;
}

/** What no volume covers. */
export const uncovered = (volumes: readonly Extent[], diskBytes: number): Extent[] => {
  const gaps: Extent[] = [];
  let at = 0;
  for (const volume of [...inDiskOrder(volumes), { firstByte: diskBytes, sizeBytes: 0 }]) {
    if (volume.firstByte > at) gaps.push({ firstByte: at, sizeBytes: volume.firstByte - at });
    at = Math.max(at, endOf(volume));
  }
  return gaps;
};

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
    totalBytes: volumes.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  };
};

/** The part of a run of zeros that the disk makes: aligned inwards, so that no write under way shares a block with it. */
const madePart = (run: Extent): Extent | undefined => {
  if (run.sizeBytes < madeFrom) return undefined;
  const firstByte = Math.ceil(run.firstByte / mebibyte) * mebibyte;
  return { firstByte, sizeBytes: Math.floor(endOf(run) / mebibyte) * mebibyte - firstByte };
};

/** Chunks in disk order, zeros that follow each other as one run. */
function* runsOf(content: VolumeContent): Generator<Piece> {
  const { volume, index } = content;
  let zeros: Piece | undefined;
  for (let item = 0; item < index.count; item++) {
    const place = { firstByte: volume.firstByte + index.start(item), sizeBytes: index.size(item) };
    if (index.isZero(item)) {
      zeros ??= { kind: 'zeros', firstByte: place.firstByte, sizeBytes: 0 };
      zeros.sizeBytes += place.sizeBytes;
    } else {
      if (zeros) yield zeros;
      zeros = undefined;
      yield { kind: 'data', id: index.id(item), content, ...place };
    }
  }
  if (zeros) yield zeros;
}

/** What is written byte by byte: the data, short runs of zeros and the ragged ends of long ones. */
export function* writtenPieces(contents: readonly VolumeContent[]): Generator<Piece> {
  for (const content of contents)
    for (const piece of runsOf(content)) {
      const made = piece.kind === 'zeros' ? madePart(piece) : undefined;
      if (!made) {
        yield piece;
        continue;
      }
      const before = made.firstByte - piece.firstByte;
      const after = endOf(piece) - endOf(made);
      if (before > 0) yield { kind: 'zeros', firstByte: piece.firstByte, sizeBytes: before };
      if (after > 0) yield { kind: 'zeros', firstByte: endOf(made), sizeBytes: after };
    }
}

/** What the disk makes itself. */
export function* madeZeros(contents: readonly VolumeContent[]): Generator<Extent> {
  for (const content of contents)
    for (const piece of runsOf(content)) {
      const made = piece.kind === 'zeros' ? madePart(piece) : undefined;
      if (!made) continue;
      for (let at = made.firstByte; at < endOf(made); at += madeAtOnce)
        yield { firstByte: at, sizeBytes: Math.min(madeAtOnce, endOf(made) - at) };
    }
}

/** The chunks to fetch, in the order in which they are written. */
export function* wantedChunks(contents: readonly VolumeContent[]): Generator<ChunkId> {
  for (const content of contents)
    for (const piece of runsOf(content)) if (piece.kind === 'data') yield piece.id;
}
