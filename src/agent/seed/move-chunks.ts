import { hash } from 'node:crypto';
import { type Extent, joined } from '../../image/disk/extents.ts';
import { DiskWriter, type WriteBuffers } from '../disk/disk-writer.ts';
import { PieceSet } from '../disk/pieces.ts';
import { type ReadTools, readExtents } from '../disk/read-extents.ts';
import { type Move, planMoves, sourcesOf } from './move-plan.ts';
import type { Survey } from './survey.ts';

export interface MoveTools extends ReadTools {
  /** Chunks that are read and not yet written measure no more than this. */
  memoryBytes: number;
  writeBuffers: WriteBuffers;
  advanced(bytes: number): void;
}

export interface Moved {
  /** What was copied; the rest must be fetched. */
  pieces: PieceSet;
  copiedBytes: number;
}

/** Reads these chunks in the order of the disk, those that touch in one go. */
async function* readMoves(
  sources: readonly (Extent & { move: number })[],
  tools: ReadTools,
): AsyncGenerator<{ move: number; bytes: Buffer | undefined }> {
  const portions = readExtents(joined(sources), tools, 'skip');
  let portion = await portions.next();
  try {
    for (const { move, firstByte, sizeBytes } of sources) {
      let bytes: Buffer | undefined = Buffer.allocUnsafeSlow(sizeBytes);
      for (let done = 0; done < sizeBytes; ) {
        if (portion.done) throw new Error('the disk gave less than was read');
        const { firstByte: from, sizeBytes: length, bytes: source } = portion.value;
        const skip = firstByte + done - from;
        const count = Math.min(sizeBytes - done, length - skip);
        if (source && bytes) source.copy(bytes, done, skip, skip + count);
        else bytes = undefined;
        done += count;
        if (skip + count === length) portion = await portions.next();
      }
      yield { move, bytes };
    }
  } finally {
    await portions.return(undefined);
  }
}

/**
 * Copies the survey's moves on the disk. A source that does not hash to its id any more, or does not fit into the memory, is left for
 * the fetcher. Throws DISK_WRITE_FAILED.
 */
export const moveChunks = async ({ moves, table }: Survey, tools: MoveTools): Promise<Moved> => {
  const moved: Moved = { pieces: new PieceSet(), copiedBytes: 0 };
  if (moves.length === 0) return moved;
  const held = new Map<number, Buffer>();
  const writer = new DiskWriter(tools.device, tools.writeBuffers);

  const read = async (step: readonly number[]): Promise<void> => {
    for await (const { move, bytes } of readMoves(sourcesOf(moves, step), tools))
      if (bytes && hash('sha256', bytes, 'buffer').equals(table.rawId((moves[move] as Move).chunk)))
        held.set(move, bytes);
  };

  const write = async (step: readonly number[]): Promise<void> => {
    const targets = step.flatMap((move) =>
      (moves[move] as Move).to.map((firstByte) => ({ move, firstByte })),
    );
    for (const { move, firstByte } of targets.toSorted((one, other) => one.firstByte - other.firstByte)) {
      const bytes = held.get(move);
      if (!bytes) continue;
      await writer.write(firstByte, bytes.length, bytes);
      moved.copiedBytes += bytes.length;
      tools.advanced(bytes.length);
    }
    await writer.flush();
    for (const move of step) {
      if (!held.delete(move)) continue;
      const { chunk, to } = moves[move] as Move;
      const targets = new Set(to);
      for (const number of table.same(chunk)) {
        const piece = table.piece(number);
        if (targets.has(piece.firstByte)) moved.pieces.add(piece);
      }
    }
  };

  try {
    for (const step of planMoves(moves, tools.memoryBytes)) {
      tools.signal.throwIfAborted();
      if (step.kind === 'read') await read(step.moves);
      else if (step.kind === 'write') await write(step.moves);
      else for (const move of step.moves) held.delete(move);
    }
  } finally {
    await writer.settle();
  }
  return moved;
};
