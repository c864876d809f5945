import { type Extent, endOf } from '../../image/disk/extents.ts';
import type { Volume } from '../../image/format/manifest.ts';
import type { ChunkId } from '../../image/ports.ts';
import type { VolumeContent } from './layout.ts';

const mebibyte = 1024 * 1024;
/** Zeros from this size on are made by the disk; shorter ones travel along with the data around them. */
const madeFrom = 4 * mebibyte;
/** Zeros are asked of the disk in portions, so that progress shows and a cancelled order stops. */
const madeAtOnce = 1024 * mebibyte;
/** Those that are written are looked at in pieces that one read holds. */
const writtenAtOnce = mebibyte;

/** A stretch of a volume: a chunk with data, or zeros. Offsets are the disk's. */
export type Piece = DataPiece | ZeroPiece;
export interface DataPiece extends Extent {
  kind: 'data';
  content: VolumeContent;
  /** Which chunk of the index. */
  item: number;
}
export interface ZeroPiece extends Extent {
  kind: 'zeros';
  content: VolumeContent;
}

export const idOf = ({ content, item }: DataPiece): ChunkId => content.index.id(item);

/** Tells of places in a volume, asked in disk order, whether its file system uses nothing of them. */
const unusedIn = ({ unused = [] }: Volume): ((start: number, end: number) => boolean) => {
  const runs = unused[Symbol.iterator]();
  let run = runs.next();
  return (start, end) => {
    while (!run.done && endOf(run.value) < end) run = runs.next();
    return !run.done && run.value.firstByte <= start;
  };
};

/** The chunks of a volume that count: all but those of zeros in blocks that its file system does not use. */
export function* countedItems({ volume, index }: VolumeContent): Generator<number> {
  const isUnused = unusedIn(volume);
  for (let item = 0; item < index.count; item++)
    if (!(index.isZero(item) && isUnused(index.start(item), index.end(item)))) yield item;
}

/** How much of some volumes that is; the rest is left as it is on the disk. */
export const countedBytes = (contents: readonly VolumeContent[]): number => {
  let bytes = 0;
  for (const content of contents) for (const item of countedItems(content)) bytes += content.index.size(item);
  return bytes;
};

/** Chunks in disk order, zeros that follow each other as one run. */
function* runsOf(content: VolumeContent): Generator<Piece> {
  const { volume, index } = content;
  let zeros: ZeroPiece | undefined;
  for (const item of countedItems(content)) {
    const place = { firstByte: volume.firstByte + index.start(item), sizeBytes: index.size(item) };
    if (index.isZero(item) && zeros && endOf(zeros) === place.firstByte) zeros.sizeBytes += place.sizeBytes;
    else {
      if (zeros) yield zeros;
      zeros = index.isZero(item) ? { kind: 'zeros', content, ...place } : undefined;
      if (!zeros) yield { kind: 'data', content, item, ...place };
    }
  }
  if (zeros) yield zeros;
}

/** The part of a run of zeros that the disk makes: aligned inwards, so that no write under way shares a block with it. */
const madePart = (run: Extent): Extent | undefined => {
  if (run.sizeBytes < madeFrom) return undefined;
  const firstByte = Math.ceil(run.firstByte / mebibyte) * mebibyte;
  return { firstByte, sizeBytes: Math.floor(endOf(run) / mebibyte) * mebibyte - firstByte };
};

/** A volume's content as a restore puts it on the disk: all that its file system may use. */
export interface Pieces {
  /** What is written byte by byte: the data, short runs of zeros and the ragged ends of long ones. In disk order within a volume. */
  written(contents: readonly VolumeContent[]): Generator<Piece>;
  /** What the disk makes itself: long runs of zeros. */
  made(contents: readonly VolumeContent[]): Generator<ZeroPiece>;
}

/** @param diskMakes false: long runs of zeros of that volume are written pieces too, to be looked at one by one. */
export const piecesOf = (diskMakes: (volume: Volume) => boolean): Pieces => {
  const madeOf = (piece: Piece): Extent | undefined =>
    piece.kind === 'zeros' && diskMakes(piece.content.volume) ? madePart(piece) : undefined;
  return {
    *written(contents) {
      for (const content of contents)
        for (const piece of runsOf(content)) {
          const made = madeOf(piece);
          if (piece.kind === 'data') yield piece;
          else if (!made) yield* zeroPieces(content, piece.firstByte, endOf(piece), writtenAtOnce);
          else {
            yield* zeroPieces(content, piece.firstByte, made.firstByte, writtenAtOnce);
            yield* zeroPieces(content, endOf(made), endOf(piece), writtenAtOnce);
          }
        }
    },
    *made(contents) {
      for (const content of contents)
        for (const piece of runsOf(content)) {
          const made = madeOf(piece);
          if (made) yield* zeroPieces(content, made.firstByte, endOf(made), madeAtOnce);
        }
    },
  };
};

function* zeroPieces(
  content: VolumeContent,
  from: number,
  end: number,
  atOnce: number,
): Generator<ZeroPiece> {
  for (let at = from; at < end; at += atOnce)
    yield { kind: 'zeros', content, firstByte: at, sizeBytes: Math.min(atOnce, end - at) };
}

/** Which pieces of an image something holds for: a byte a chunk. */
export class PieceSet {
  readonly #chunks = new Map<VolumeContent, Uint8Array>();
  readonly #zeros = new Set<number>();

  add(piece: Piece): void {
    if (piece.kind === 'zeros') this.#zeros.add(piece.firstByte);
    else this.#marks(piece.content)[piece.item] = 1;
  }

  has(piece: Piece): boolean {
    if (piece.kind === 'zeros') return this.#zeros.has(piece.firstByte);
    return this.#chunks.get(piece.content)?.[piece.item] === 1;
  }

  #marks(content: VolumeContent): Uint8Array {
    const marks = this.#chunks.get(content) ?? new Uint8Array(content.index.count);
    this.#chunks.set(content, marks);
    return marks;
  }
}
