import { type Extent, endOf } from '../../image/disk/extents.ts';
import { type DigestChunks, digestBytes, isDigestOfZeros } from './chunk-digests.ts';
import type { Piece } from './pieces.ts';
import { type Reading, type ReadTools, readAhead, readAtMostBytes } from './read-extents.ts';

export interface PieceTools extends ReadTools {
  digest: DigestChunks;
}

/** A piece as the disk has it now. */
export interface FoundPiece<Kind extends Extent> {
  piece: Kind;
  /** As it lies in the read buffer, gone with the next piece, and its SHA-256. `undefined`: the disk cannot read it. */
  found: { bytes: Buffer; digest: Buffer } | undefined;
}

/** Pieces that touch, as many as are read at once. */
interface Batch<Kind> extends Extent {
  pieces: Kind[];
}

function* batchesOf<Kind extends Extent>(pieces: Iterable<Kind>): Generator<Batch<Kind>> {
  let batch: Batch<Kind> | undefined;
  for (const piece of pieces) {
    const { firstByte, sizeBytes } = piece;
    if (batch && endOf(batch) === firstByte && batch.sizeBytes + sizeBytes <= readAtMostBytes) {
      batch.pieces.push(piece);
      batch.sizeBytes += sizeBytes;
      continue;
    }
    if (batch) yield batch;
    batch = { firstByte, sizeBytes, pieces: [piece] };
  }
  if (batch) yield batch;
}

const endsOf = ({ firstByte, pieces }: Batch<Extent>): number[] =>
  pieces.map((piece) => endOf(piece) - firstByte);

/**
 * Reads pieces from the disk itself in the order given, those that touch in one go, and hashes them; reading and hashing run ahead. No piece may be
 * larger than `readAtMostBytes`.
 * @param unreadable what a read that fails does: `throw` throws READ_BACK_MISMATCH, `skip` yields the pieces without bytes.
 */
export async function* readPieces<Kind extends Extent>(
  pieces: Iterable<Kind>,
  tools: PieceTools,
  unreadable: 'throw' | 'skip',
): AsyncGenerator<FoundPiece<Kind>> {
  const digest = async ({ part, bytes }: Reading<Batch<Kind>>) => bytes && tools.digest(bytes, endsOf(part));
  for await (const { part, bytes, result } of readAhead(batchesOf(pieces), tools, unreadable, digest)) {
    let start = 0;
    for (const [position, piece] of part.pieces.entries()) {
      const end = start + piece.sizeBytes;
      const found = bytes &&
        result && {
          bytes: bytes.subarray(start, end),
          digest: result.subarray(position * digestBytes, (position + 1) * digestBytes),
        };
      yield { piece, found };
      start = end;
    }
  }
}

const isRight = (piece: Piece, digest: Buffer): boolean =>
  piece.kind === 'zeros' ? isDigestOfZeros(digest) : digest.equals(piece.content.index.rawId(piece.item));

/** A piece held against the image. */
export interface CheckedPiece<Kind extends Piece = Piece> {
  piece: Kind;
  /** Whether the disk reads as the image says: its chunk hashes to its id, or all are zeros. */
  right: boolean;
  /** False where the disk cannot read it, or something in the same large read. */
  readable: boolean;
  bytes: Buffer | undefined;
}

/** As `readPieces`, and says of each whether it is as the image has it. What the disk cannot read is not right. */
export async function* checkPieces<Kind extends Piece>(
  pieces: Iterable<Kind>,
  tools: PieceTools,
  unreadable: 'throw' | 'skip' = 'skip',
): AsyncGenerator<CheckedPiece<Kind>> {
  for await (const { piece, found } of readPieces(pieces, tools, unreadable)) {
    const right = found !== undefined && isRight(piece, found.digest);
    yield { piece, right, readable: found !== undefined, bytes: found?.bytes };
  }
}
