import type { ChunkId } from '../../image/ports.ts';
import { type Extent, endOf } from './extents.ts';
import type { VolumeContent } from './layout.ts';

const mebibyte = 1024 * 1024;
/** Zeros from this size on are made by the disk; shorter ones travel along with the data around them. */
const madeFrom = 4 * mebibyte;
/** Zeros are asked of the disk in portions, so that progress shows and a cancelled order stops. */
const madeAtOnce = 1024 * mebibyte;

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

/** Chunks in disk order, zeros that follow each other as one run. */
function* runsOf(content: VolumeContent): Generator<Piece> {
  const { volume, index } = content;
  let zeros: ZeroPiece | undefined;
  for (let item = 0; item < index.count; item++) {
    const place = { firstByte: volume.firstByte + index.start(item), sizeBytes: index.size(item) };
    if (index.isZero(item)) {
      zeros ??= { kind: 'zeros', content, firstByte: place.firstByte, sizeBytes: 0 };
      zeros.sizeBytes += place.sizeBytes;
    } else {
      if (zeros) yield zeros;
      zeros = undefined;
      yield { kind: 'data', content, item, ...place };
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

/** A volume's content as a restore puts it on the disk. */
export interface Pieces {
  /** What is written byte by byte: the data, short runs of zeros and the ragged ends of long ones. In disk order within a volume. */
  written(contents: readonly VolumeContent[]): Generator<Piece>;
  /** What the disk makes itself: long runs of zeros. */
  made(contents: readonly VolumeContent[]): Generator<ZeroPiece>;
}

/** @param letDiskMakeZeros false: long runs of zeros are written pieces too, cut small enough to be looked at one by one. */
export const piecesOf = (letDiskMakeZeros: boolean): Pieces => ({
  *written(contents) {
    for (const content of contents)
      for (const piece of runsOf(content)) {
        const made = piece.kind === 'zeros' ? madePart(piece) : undefined;
        if (!made) {
          yield piece;
          continue;
        }
        yield* zeroPieces(content, piece.firstByte, made.firstByte);
        if (!letDiskMakeZeros) yield* zeroPieces(content, made.firstByte, endOf(made));
        yield* zeroPieces(content, endOf(made), endOf(piece));
      }
  },
  *made(contents) {
    if (!letDiskMakeZeros) return;
    for (const content of contents)
      for (const piece of runsOf(content)) {
        const made = piece.kind === 'zeros' ? madePart(piece) : undefined;
        if (!made) continue;
        for (let at = made.firstByte; at < endOf(made); at += madeAtOnce)
          yield { kind: 'zeros', content, firstByte: at, sizeBytes: Math.min(madeAtOnce, endOf(made) - at) };
      }
  },
});

function* zeroPieces(content: VolumeContent, from: number, end: number): Generator<ZeroPiece> {
  for (let at = from; at < end; at += madeFrom)
    yield { kind: 'zeros', content, firstByte: at, sizeBytes: Math.min(madeFrom, end - at) };
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
