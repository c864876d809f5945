import { type Extent, endOf, inDiskOrder } from '../../image/disk/extents.ts';
import { volumeDigest } from '../../image/format/describe-index.ts';
import type { VolumeContent } from './layout.ts';
import { type Piece, piecesOf, type ZeroPiece } from './pieces.ts';
import { notAsWritten, type ReadBackTools } from './read-back.ts';
import { blockEnd, blockStart, readBuffers } from './read-extents.ts';
import { checkPieces } from './read-pieces.ts';
import type { Restored } from './restore.ts';

/** Of zeros that the disk made itself so much is read at both ends. */
const sampleBytes = 64 * 1024;

/** What is read back after a restore, and how much that is. */
export interface Proof {
  totalBytes: number;
  /** The digest of each volume. Throws READ_BACK_MISMATCH. */
  run(tools: ReadBackTools): Promise<string[]>;
}

/** The blocks that were written: a chunk that begins or ends inside one was written again with it. */
function* writtenBlocks(pieces: Iterable<Piece>, isInPlace: (piece: Piece) => boolean, diskBytes: number) {
  for (const piece of pieces) {
    if (isInPlace(piece)) continue;
    const firstByte = blockStart(piece.firstByte);
    yield { firstByte, sizeBytes: blockEnd(endOf(piece), diskBytes) - firstByte };
  }
}

/** Those of the pieces that share a byte with an extent; both in disk order. */
function* touched(pieces: Iterable<Piece>, extents: Iterator<Extent>): Generator<Piece> {
  let extent = extents.next();
  for (const piece of pieces) {
    while (!extent.done && endOf(extent.value) <= piece.firstByte) extent = extents.next();
    if (!extent.done && extent.value.firstByte < endOf(piece)) yield piece;
  }
}

function* bothEnds(made: Iterable<ZeroPiece>): Generator<ZeroPiece> {
  for (const run of made) {
    const sizeBytes = Math.min(sampleBytes, run.sizeBytes);
    yield { ...run, sizeBytes };
    yield { ...run, firstByte: endOf(run) - sizeBytes, sizeBytes };
  }
}

const itemOf = (piece: Piece): number =>
  piece.kind === 'data'
    ? piece.item
    : piece.content.index.firstAfter(piece.firstByte - piece.content.volume.firstByte);

const sizeOf = (extents: Iterable<Extent>): number => {
  let sum = 0;
  for (const { sizeBytes } of extents) sum += sizeBytes;
  return sum;
};

/**
 * One bad block spoils a large read for all pieces in it: read alone, a piece beside it is right, and the bad one throws
 * READ_BACK_MISMATCH that names the block.
 */
const isRightAlone = async (piece: Piece, tools: ReadBackTools): Promise<boolean> => {
  // The buffers of `tools` are in the hands of the reading that goes on.
  const alone = checkPieces([piece], { ...tools, buffers: readBuffers() }, 'throw');
  for await (const { right } of alone) return right;
  return false;
};

/**
 * What proves a restore: all that counts of each volume (`countedItems`). All was written: all of it is read. On a seed: what was written or
 * copied, and what shares a block with that, is read; chunks in place were read and hashed before and not touched since; zeros that the disk made
 * by its own command are read at both ends of each run.
 */
export const proofOf = (
  contents: readonly VolumeContent[],
  { seed }: Pick<Restored, 'seed'>,
  diskBytes: number,
): Proof => {
  const byPlace = new Map(contents.map((content) => [content.volume.firstByte, content]));
  const ordered = inDiskOrder(contents.map(({ volume }) => volume)).map(
    ({ firstByte }) => byPlace.get(firstByte) as VolumeContent,
  );
  function* toCheck(): Generator<Piece> {
    if (!seed) return yield* piecesOf(() => false).written(ordered);
    const { pieces, inPlace } = seed;
    const isInPlace = (piece: Piece): boolean => inPlace.has(piece);
    yield* touched(pieces.written(ordered), writtenBlocks(pieces.written(ordered), isInPlace, diskBytes));
    yield* bothEnds(pieces.made(ordered));
  }
  return {
    totalBytes: sizeOf(toCheck()),
    async run(tools) {
      for await (const { piece, right, readable } of checkPieces(toCheck(), tools)) {
        const isRight = readable ? right : await isRightAlone(piece, tools);
        if (!isRight) throw notAsWritten(piece.content, itemOf(piece), tools.device.path);
        tools.advanced(piece.sizeBytes);
      }
      // All chunks of each index were proven by their hash.
      return contents.map(({ index }) => volumeDigest(index));
    },
  };
};
