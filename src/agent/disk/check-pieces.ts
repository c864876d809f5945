import { ChunkHash, isZero } from './chunk-hash.ts';
import { endOf, joined } from './extents.ts';
import type { Piece } from './pieces.ts';
import { type Portion, type ReadTools, readExtents } from './read-extents.ts';

/** A piece as the disk has it now. */
export interface CheckedPiece<Kind extends Piece = Piece> {
  piece: Kind;
  /** Whether the disk reads as the image says: its chunk hashes to its id, or all are zeros. */
  right: boolean;
  /** False where the disk cannot read it, or something in the same large read. */
  readable: boolean;
  /** The whole piece as it lies in the read buffer, where it does; gone with the next piece. */
  bytes: Buffer | undefined;
}

/** What a piece's bytes are held against, part by part. */
const expectation = (piece: Piece) => {
  if (piece.kind === 'zeros') {
    let right = true;
    const add = (part: Buffer): void => {
      right = right && isZero(part);
    };
    return { add, isRight: () => right };
  }
  const rawId = piece.content.index.rawId(piece.item);
  const hash = new ChunkHash(rawId, false);
  return {
    add: (part: Buffer): void => hash.add(part, part.length === piece.sizeBytes),
    isRight: () => hash.digest().equals(rawId),
  };
};

/**
 * Reads pieces from the disk itself and says of each whether it is right. They are read in the order given, those that touch in one go.
 * @param pieces is called twice: for what to read and for what to hold it against. What the disk cannot read is not right.
 * @param unreadable as `readExtents` has it.
 */
export async function* checkPieces<Kind extends Piece>(
  pieces: () => Iterable<Kind>,
  tools: ReadTools,
  unreadable: 'throw' | 'skip' = 'skip',
): AsyncGenerator<CheckedPiece<Kind>> {
  const portions = readExtents(joined(pieces()), tools, unreadable);
  let portion: Portion | undefined;
  try {
    for (const piece of pieces()) {
      const expected = expectation(piece);
      let readable = true;
      let bytes: Buffer | undefined;
      for (let at = piece.firstByte; at < endOf(piece); ) {
        portion ??= (await portions.next()).value as Portion;
        const end = Math.min(endOf(piece), endOf(portion));
        const part = portion.bytes?.subarray(at - portion.firstByte, end - portion.firstByte);
        if (part) expected.add(part);
        else readable = false;
        if (part?.length === piece.sizeBytes) bytes = part;
        at = end;
        if (end === endOf(portion)) portion = undefined;
      }
      yield { piece, right: readable && expected.isRight(), readable, bytes };
    }
  } finally {
    await portions.return(undefined);
  }
}
