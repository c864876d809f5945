import { setTimeout as sleep } from 'node:timers/promises';
import { GreifError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { HttpChunks } from '../../delivery/http-chunks.ts';
import type { ChunkId } from '../../image/ports.ts';
import type { BlockDevice } from './block-device.ts';
import { DiskWriter } from './disk-writer.ts';
import { type VolumeContent, volumeName } from './layout.ts';
import { madeZeros, type Piece, type RestorePlan, wantedChunks, writtenPieces } from './restore-plan.ts';

const fetchesOfBadChunk = 3;
const pauseBeforeFetchMs = 500;

/**
 * Proves and unpacks a chunk; throws CHUNK_CORRUPT. Not in worker threads: they took 1.4 times the processor time and twice the
 * memory, and one thread unpacks more than gigabit Ethernet brings.
 */
export type Unpack = (id: ChunkId, packed: Uint8Array, sizeBytes: number) => Uint8Array;

export interface RestoreTools {
  device: BlockDevice;
  /** Where chunks come from, for as long as the signal is not aborted. */
  connectChunks(signal: AbortSignal): HttpChunks;
  unpack: Unpack;
  signal: AbortSignal;
  log: Log;
  /** Called with every stretch that is done. */
  advanced(bytes: number): void;
}

export interface RestoreCounts {
  fetchedBytes: number;
  writtenBytes: number;
  zeroedBytes: number;
}

type DataPiece = Piece & { kind: 'data' };

const attemptToUnpack = (
  id: ChunkId,
  packed: Uint8Array | undefined,
  sizeBytes: number,
  unpack: Unpack,
): Uint8Array | GreifError => {
  if (!packed) return new GreifError('CHUNK_MISSING', `the appliance does not have chunk ${id}`);
  try {
    return unpack(id, packed, sizeBytes);
  } catch (error) {
    if (error instanceof GreifError && error.code === 'CHUNK_CORRUPT') return error;
    throw error;
  }
};

/** A chunk that is missing or does not prove itself is asked for again: a bit may have flipped on the way. */
const prove = async (
  { id, sizeBytes, content }: DataPiece,
  received: Uint8Array | undefined,
  chunks: HttpChunks,
  { unpack, signal, log }: RestoreTools,
): Promise<Uint8Array> => {
  let packed = received;
  for (let attempt = 0; ; attempt++) {
    const result = attemptToUnpack(id, packed, sizeBytes, unpack);
    if (!(result instanceof GreifError)) return result;
    if (attempt === fetchesOfBadChunk)
      throw new GreifError(result.code, `${volumeName(content.volume)}: ${result.message}`, {
        cause: result,
        details: { chunk: id, volume: volumeName(content.volume) },
      });
    log.warn('asking again for a bad chunk', { chunk: id, reason: result.message });
    await sleep(pauseBeforeFetchMs * attempt, undefined, { signal });
    packed = await chunks.get(id);
  }
};

/** The written pieces with their bytes on the way, from one stream of chunks. */
async function* fetchPieces(
  contents: readonly VolumeContent[],
  chunks: HttpChunks,
  counts: RestoreCounts,
): AsyncGenerator<{ piece: Piece; packed?: Uint8Array | undefined }> {
  const stream = chunks.stream(wantedChunks(contents));
  try {
    for (const piece of writtenPieces(contents)) {
      if (piece.kind === 'zeros') yield { piece };
      else {
        const fetched = await stream.next();
        const packed = fetched.done ? undefined : fetched.value.packed;
        counts.fetchedBytes += packed?.length ?? 0;
        yield { piece, packed };
      }
    }
  } finally {
    await stream.return(undefined);
  }
}

const writeData = async (
  contents: readonly VolumeContent[],
  tools: RestoreTools,
  counts: RestoreCounts,
): Promise<void> => {
  const writer = new DiskWriter(tools.device);
  const chunks = tools.connectChunks(tools.signal);
  try {
    for await (const { piece, packed } of fetchPieces(contents, chunks, counts)) {
      tools.signal.throwIfAborted();
      const bytes = piece.kind === 'data' ? await prove(piece, packed, chunks, tools) : undefined;
      await writer.write(piece.firstByte, piece.sizeBytes, bytes);
      counts[bytes ? 'writtenBytes' : 'zeroedBytes'] += piece.sizeBytes;
      tools.advanced(piece.sizeBytes);
    }
    await writer.finish();
  } finally {
    await writer.settle();
    chunks.close();
  }
};

const makeZeros = async (
  contents: readonly VolumeContent[],
  { device, signal, advanced }: RestoreTools,
  counts: RestoreCounts,
): Promise<void> => {
  for (const extent of madeZeros(contents)) {
    await device.zero(extent, signal);
    counts.zeroedBytes += extent.sizeBytes;
    advanced(extent.sizeBytes);
  }
};

/** Both at once; the first failure stops the other, and is what is thrown. */
const writeVolumes = async (
  contents: readonly VolumeContent[],
  tools: RestoreTools,
  counts: RestoreCounts,
): Promise<void> => {
  const stop = new AbortController();
  const stoppable = { ...tools, signal: AbortSignal.any([tools.signal, stop.signal]) };
  let failure: unknown;
  const stopOther = (error: unknown): void => {
    failure ??= error;
    stop.abort(error);
  };
  await Promise.all([
    writeData(contents, stoppable, counts).catch(stopOther),
    makeZeros(contents, stoppable, counts).catch(stopOther),
  ]);
  if (failure) throw failure;
};

/**
 * Writes the image: old tables away, volumes, then table and boot code. After a failure, a cancelled order or a power cut the disk
 * does not boot. Throws DISK_WRITE_FAILED with the offset, CHUNK_CORRUPT and CHUNK_MISSING with chunk and volume.
 */
export const restore = async (plan: RestorePlan, tools: RestoreTools): Promise<RestoreCounts> => {
  const counts: RestoreCounts = { fetchedBytes: 0, writtenBytes: 0, zeroedBytes: 0 };
  for (const extent of plan.wipe) await tools.device.zero(extent, tools.signal);
  await tools.device.sync();
  await writeVolumes(plan.body, tools, counts);
  await tools.device.sync();
  await writeVolumes(plan.head, tools, counts);
  return counts;
};
