import type { Log } from '../../core/log.ts';
import type { HttpChunks } from '../../delivery/http-chunks.ts';
import { moveChunks } from '../seed/move-chunks.ts';
import type { UsedExtents } from '../seed/old-stretches.ts';
import { surveyDisk } from '../seed/survey.ts';
import type { BlockDevice } from './block-device.ts';
import { DiskWriter, type WriteBuffers } from './disk-writer.ts';
import type { VolumeContent } from './layout.ts';
import { type Piece, type PieceSet, type Pieces, piecesOf } from './pieces.ts';
import { provenPieces, type WantedPiece } from './proven-pieces.ts';
import type { PieceTools } from './read-pieces.ts';
import type { RestorePlan } from './restore-plan.ts';
import type { UnpackChunks } from './unpack-chunks.ts';

export interface RestoreTools {
  device: BlockDevice;
  /** Where chunks come from, for as long as the signal is not aborted. */
  connectChunks(signal: AbortSignal): HttpChunks;
  unpack: UnpackChunks;
  signal: AbortSignal;
  log: Log;
  /** Called with every stretch that is done. */
  advanced(bytes: number): void;
  /** As `readBuffers()` and `writeBuffers()` make them. */
  buffers: PieceTools['buffers'];
  writeBuffers: WriteBuffers;
  digest: PieceTools['digest'];
  /** Called before the first write: from now on the disk is not what it was. */
  touching?(): void;
  /** Absent: the whole image is written, whatever the disk holds. */
  seed?: { usedExtents: UsedExtents; memoryBytes?: number } | undefined;
}

/** Chunks that are read and wait to be written elsewhere on the disk. */
const moveMemoryBytes = 64 * 1024 * 1024;

/** How the bytes of the volumes came to be what they are; all but `fetchedBytes` add up to their sizes. */
export interface RestoreCounts {
  /** Over the network, as packed. */
  fetchedBytes: number;
  /** Data written that was fetched. */
  writtenBytes: number;
  zeroedBytes: number;
  /** Right on the disk as it was, hashed there and left alone. */
  inPlaceBytes: number;
  /** Copied from elsewhere on the disk. */
  copiedBytes: number;
}

export interface Restored {
  counts: RestoreCounts;
  /** Without a seed: all was written, and all is to be read back. */
  seed?: { pieces: Pieces; inPlace: PieceSet };
}

/** What is to be written of some volumes, and where its bytes come from. */
interface Work {
  contents: readonly VolumeContent[];
  pieces: Pieces;
  /** What the disk has already. */
  isThere(piece: Piece): boolean;
  /** Chunks that are in memory, by their place. */
  kept: ReadonlyMap<number, Buffer>;
}

const missingPieces = ({ contents, pieces, isThere, kept }: Work): Iterable<WantedPiece> => ({
  *[Symbol.iterator]() {
    for (const piece of pieces.written(contents))
      if (!isThere(piece))
        yield { piece, kept: piece.kind === 'data' ? kept.get(piece.firstByte) : undefined };
  },
});

const countOf = (piece: Piece, isKept: boolean): keyof RestoreCounts =>
  piece.kind === 'zeros' ? 'zeroedBytes' : isKept ? 'copiedBytes' : 'writtenBytes';

const writeData = async (work: Work, tools: RestoreTools, counts: RestoreCounts): Promise<void> => {
  const writer = new DiskWriter(tools.device, tools.writeBuffers);
  const chunks = tools.connectChunks(tools.signal);
  try {
    for await (const proven of provenPieces(missingPieces(work), { ...tools, chunks })) {
      tools.signal.throwIfAborted();
      const { piece, kept, bytes, fetchedBytes } = proven;
      await writer.write(piece.firstByte, piece.sizeBytes, bytes);
      counts.fetchedBytes += fetchedBytes;
      counts[countOf(piece, kept !== undefined)] += piece.sizeBytes;
      tools.advanced(piece.sizeBytes);
    }
    await writer.flush();
  } finally {
    await writer.settle();
    chunks.close();
  }
};

const makeZeros = async (
  { contents, pieces }: Work,
  { device, signal, advanced }: RestoreTools,
  counts: RestoreCounts,
): Promise<void> => {
  for (const extent of pieces.made(contents)) {
    await device.zero(extent, signal);
    counts.zeroedBytes += extent.sizeBytes;
    advanced(extent.sizeBytes);
  }
};

/** Both at once; the first failure stops the other, and is what is thrown. All is on the disk when this returns. */
const writeVolumes = async (work: Work, tools: RestoreTools, counts: RestoreCounts): Promise<void> => {
  const stop = new AbortController();
  const stoppable = { ...tools, signal: AbortSignal.any([tools.signal, stop.signal]) };
  let failure: unknown;
  const stopOther = (error: unknown): void => {
    failure ??= error;
    stop.abort(error);
  };
  await Promise.all([
    writeData(work, stoppable, counts).catch(stopOther),
    makeZeros(work, stoppable, counts).catch(stopOther),
  ]);
  if (failure) throw failure;
  await tools.device.sync();
};

/** The first writes: until the head is written, nothing on this disk boots. */
const wipe = async ({ wipe: extents }: RestorePlan, tools: RestoreTools): Promise<void> => {
  const { device, signal } = tools;
  tools.touching?.();
  for (const extent of extents) await device.zero(extent, signal);
  await device.sync();
};

const nothingFound = { isThere: () => false, kept: new Map<number, Buffer>() };

const restoreWhole = async (plan: RestorePlan, tools: RestoreTools, counts: RestoreCounts): Promise<void> => {
  const common = { pieces: piecesOf(() => true), ...nothingFound };
  await wipe(plan, tools);
  await writeVolumes({ contents: plan.body, ...common }, tools, counts);
  await writeVolumes({ contents: plan.head, ...common }, tools, counts);
};

const restoreOnSeed = async (
  plan: RestorePlan,
  tools: RestoreTools,
  { usedExtents, memoryBytes = moveMemoryBytes }: NonNullable<RestoreTools['seed']>,
  counts: RestoreCounts,
): Promise<NonNullable<Restored['seed']>> => {
  // Where unused blocks are known the other zeros are few: they are looked at, and written only if they are not there.
  const pieces = piecesOf(({ unused }) => tools.device.makesZeros && !unused);
  const survey = await surveyDisk(plan, pieces, { ...tools, usedExtents });
  counts.inPlaceBytes = survey.inPlaceBytes;
  await wipe(plan, tools);
  const moved = await moveChunks(survey, { ...tools, memoryBytes });
  counts.copiedBytes = moved.copiedBytes;
  const isThere = (piece: Piece): boolean => survey.inPlace.has(piece) || moved.pieces.has(piece);
  const body = { contents: plan.body, pieces, isThere, kept: new Map() };
  await writeVolumes(body, tools, counts);
  const head = { contents: plan.head, pieces, isThere: () => false, kept: survey.kept };
  await writeVolumes(head, tools, counts);
  return { pieces, inPlace: survey.inPlace };
};

/**
 * Makes the disk the image: old tables away, volumes, then table and boot code. With a seed the disk is read first, and only what differs is
 * written: copied on the disk where it can be, fetched where not; the result is the same to the byte. After a failure, a cancelled
 * order or a power cut the disk does not boot. Throws DISK_WRITE_FAILED with the offset, CHUNK_CORRUPT and CHUNK_MISSING with chunk and volume.
 */
export const restore = async (plan: RestorePlan, tools: RestoreTools): Promise<Restored> => {
  const counts: RestoreCounts = {
    fetchedBytes: 0,
    writtenBytes: 0,
    zeroedBytes: 0,
    inPlaceBytes: 0,
    copiedBytes: 0,
  };
  if (tools.seed) return { counts, seed: await restoreOnSeed(plan, tools, tools.seed, counts) };
  await restoreWhole(plan, tools, counts);
  return { counts };
};
