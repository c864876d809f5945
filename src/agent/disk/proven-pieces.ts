import { setTimeout as sleep } from 'node:timers/promises';
import { GreifError } from '../../core/errors.ts';
import { freeNow } from '../../core/free-now.ts';
import type { Log } from '../../core/log.ts';
import type { HttpChunks } from '../../delivery/http-chunks.ts';
import type { ChunkId } from '../../image/ports.ts';
import type { AlignedBuffers } from './aligned-buffers.ts';
import { volumeName } from './layout.ts';
import { type DataPiece, idOf, type Piece } from './pieces.ts';
import { readBytes } from './read-extents.ts';
import { type PackedChunk, type UnpackChunks, unpackInto } from './unpack-chunks.ts';

const fetchesOfBadChunk = 3;
const pauseBeforeFetchMs = 500;
/** Zeros take no room in a buffer, and must not wait for it to be full. */
const piecesInBatch = 256;
/** Batches that are unpacked while one is written. */
const batchesAhead = 4;

/** A piece that is to be written, and the bytes that are known of it: those of a chunk that is in memory. */
export interface WantedPiece {
  piece: Piece;
  kept?: Buffer | undefined;
}

export interface ProvenPiece extends WantedPiece {
  /** Of a chunk; gone with the next piece. */
  bytes: Buffer | undefined;
  /** What came over the network for it. */
  fetchedBytes: number;
}

export interface ProvingTools {
  chunks: HttpChunks;
  unpack: UnpackChunks;
  /** As `readBuffers()` makes them. */
  buffers: AlignedBuffers;
  signal: AbortSignal;
  log: Log;
}

interface FetchedPiece extends WantedPiece {
  /** `undefined`: there is none to be fetched, or the appliance does not have it. */
  packed: Buffer | undefined;
}

function* idsOf(wanted: Iterable<WantedPiece>): Generator<ChunkId> {
  for (const { piece, kept } of wanted) if (piece.kind === 'data' && !kept) yield idOf(piece);
}

/** The pieces with what is fetched for them, from one stream of chunks. */
async function* fetchPieces(wanted: Iterable<WantedPiece>, chunks: HttpChunks): AsyncGenerator<FetchedPiece> {
  const stream = chunks.stream(idsOf(wanted));
  try {
    for (const { piece, kept } of wanted) {
      const fetched = piece.kind === 'data' && !kept ? await stream.next() : undefined;
      yield { piece, kept, packed: fetched && !fetched.done ? fetched.value.packed : undefined };
    }
  } finally {
    await stream.return(undefined);
  }
}

/** As many pieces at once as one buffer holds, packed and unpacked. */
async function* batchesOf(fetched: AsyncIterable<FetchedPiece>): AsyncGenerator<FetchedPiece[]> {
  let batch: FetchedPiece[] = [];
  let batchBytes = 0;
  for await (const one of fetched) {
    const oneBytes = one.packed ? one.piece.sizeBytes + one.packed.length : 0;
    if (batchBytes + oneBytes > readBytes || batch.length === piecesInBatch) {
      yield batch;
      batch = [];
      batchBytes = 0;
    }
    batch.push(one);
    batchBytes += oneBytes;
  }
  if (batch.length > 0) yield batch;
}

function* packedIn(batch: readonly FetchedPiece[]): Generator<PackedChunk> {
  for (const { piece, packed } of batch)
    if (piece.kind === 'data' && packed) yield { id: idOf(piece), packed, sizeBytes: piece.sizeBytes };
}

const missing = (id: ChunkId): GreifError =>
  new GreifError('CHUNK_MISSING', `the appliance does not have chunk ${id}`);

/** A chunk that is missing or does not prove itself is asked for again: a bit may have flipped on the way. */
const fetchAgain = async (
  { content, item, sizeBytes }: DataPiece,
  first: GreifError,
  { chunks, signal, log }: ProvingTools,
): Promise<Buffer> => {
  const id = content.index.id(item);
  const bytes = Buffer.alloc(sizeBytes);
  let fault: GreifError | undefined = first;
  for (let attempt = 0; attempt < fetchesOfBadChunk; attempt++) {
    log.warn('asking again for a bad chunk', { chunk: id, reason: fault.message });
    await sleep(pauseBeforeFetchMs * attempt, undefined, { signal });
    const packed = await chunks.get(id);
    fault = packed ? unpackInto({ id, packed, sizeBytes }, bytes) : missing(id);
    if (!fault) return bytes;
  }
  throw new GreifError(fault.code, `${volumeName(content.volume)}: ${fault.message}`, {
    cause: fault,
    details: { chunk: id, volume: volumeName(content.volume) },
  });
};

/**
 * Fetches what is wanted, in that order, and unpacks and proves it ahead; `wanted` can be gone through more than once. Throws CHUNK_CORRUPT and CHUNK_MISSING with
 * chunk and volume.
 */
export async function* provenPieces(
  wanted: Iterable<WantedPiece>,
  tools: ProvingTools,
): AsyncGenerator<ProvenPiece> {
  const { chunks, unpack, buffers } = tools;
  const begin = async (batch: readonly FetchedPiece[]) => {
    const buffer = await buffers.take();
    const faults = unpack([...packedIn(batch)], buffer);
    faults.catch(() => {}); // met when its turn comes
    return { batch, buffer, faults };
  };
  type Unpacking = Awaited<ReturnType<typeof begin>>;
  async function* finish({ batch, buffer, faults }: Unpacking): AsyncGenerator<ProvenPiece> {
    const found = (await faults)[Symbol.iterator]();
    let at = 0;
    for (const { piece, kept, packed } of batch) {
      let bytes = kept;
      if (piece.kind === 'data' && !kept) {
        const fault = packed ? found.next().value : missing(idOf(piece));
        bytes = fault ? await fetchAgain(piece, fault, tools) : buffer.subarray(at, at + piece.sizeBytes);
        if (packed) at += piece.sizeBytes;
      }
      const fetchedBytes = packed?.length ?? 0;
      if (packed) freeNow(packed);
      yield { piece, kept, bytes, fetchedBytes };
    }
  }
  const underWay: Unpacking[] = [];
  async function* finishFirst(): AsyncGenerator<ProvenPiece> {
    if (!underWay[0]) return;
    yield* finish(underWay[0]);
    buffers.give(underWay.shift()?.buffer as Buffer);
  }
  try {
    for await (const batch of batchesOf(fetchPieces(wanted, chunks))) {
      underWay.push(await begin(batch));
      if (underWay.length > batchesAhead) yield* finishFirst();
    }
    while (underWay.length > 0) yield* finishFirst();
  } finally {
    await Promise.allSettled(underWay.map(({ faults }) => faults));
    for (const { buffer } of underWay) buffers.give(buffer);
  }
}
