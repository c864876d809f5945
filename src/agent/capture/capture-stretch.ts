import type { Extent } from '../../image/disk/extents.ts';
import { endOf } from '../../image/disk/extents.ts';
import { chunkId, zeroChunkId } from '../../image/format/chunk.ts';
import { chunkBytes } from '../../image/format/chunker.ts';
import { encodeIndex, encodeIndexItem } from '../../image/format/index-file.ts';
import { type CutChunk, type Cuttable, cutChunks } from '../../image/import/cut.ts';
import type { ChunkId } from '../../image/ports.ts';
import type { ChunkSink } from './chunk-sink.ts';
import type { PackPool } from './pack-pool.ts';

export interface CaptureCounts {
  /** Chunks made, and of these sent and known; a run of zeros counts as one each time. */
  chunks: number;
  sentChunks: number;
  knownChunks: number;
  /** Compressed bytes that were sent. */
  sentBytes: number;
}

export interface CaptureRun {
  disk: Cuttable;
  sink: ChunkSink;
  pool: PackPool;
  counts: CaptureCounts;
  /** Told how many bytes of the stretch are done, zeros included. */
  advanced(bytes: number): void;
  signal: AbortSignal;
}

/** Chunks that are asked about together, and groups that are under way: what bounds the memory, about 5 MB a group. */
const groupChunks = 64;
const groupsAtOnce = 6;
/** What a thread packs at once: small enough that a group keeps several of them busy. */
const parcelBytes = 1024 * 1024;

interface Named {
  id: ChunkId;
  bytes: Buffer;
}

const nameChunk = ({ bytes }: CutChunk): { id: ChunkId; bytes: Buffer | undefined } =>
  bytes === 'hole'
    ? { id: zeroChunkId(chunkBytes.maximum), bytes: undefined }
    : { id: chunkId(bytes), bytes };

/** Parts of about a mebibyte. */
const parcelsOf = (chunks: readonly Named[]): Named[][] => {
  const parcels: Named[][] = [];
  let size = 0;
  for (const chunk of chunks) {
    if (parcels.length === 0 || size > parcelBytes) {
      parcels.push([]);
      size = 0;
    }
    parcels.at(-1)?.push(chunk);
    size += chunk.bytes.length;
  }
  return parcels;
};

const sendParcel = async (chunks: Named[], { pool, sink, counts }: CaptureRun): Promise<void> => {
  const joint = new Uint8Array(chunks.reduce((sum, { bytes }) => sum + bytes.length, 0));
  const ends: number[] = [];
  let at = 0;
  for (const { bytes } of chunks) {
    joint.set(bytes, at);
    at += bytes.length;
    ends.push(at);
  }
  const packed = await pool.pack({ bytes: joint, ends });
  await sink.send({ ids: chunks.map(({ id }) => id), ...packed });
  counts.sentBytes += packed.bytes.length;
};

const sendGroup = async (chunks: readonly Named[], run: CaptureRun): Promise<void> => {
  const unique = [...new Map(chunks.map((chunk) => [chunk.id, chunk])).values()];
  const lacking = await run.sink.lacking(unique.map(({ id }) => id));
  const wanted = unique.filter(({ id }) => lacking.has(id));
  run.counts.sentChunks += wanted.length;
  run.counts.knownChunks += chunks.length - wanted.length;
  await Promise.all(parcelsOf(wanted).map((parcel) => sendParcel(parcel, run)));
};

/**
 * Cuts a stretch into chunks, brings those that the sink lacks to it, and answers the index file. When it returns all are durable
 * there; when it throws nothing it started is still under way.
 */
export const captureStretch = async (stretch: Extent, run: CaptureRun): Promise<Buffer> => {
  const items: Buffer[] = [];
  const underWay = new Set<Promise<void>>();
  let failure: unknown;
  let group: Named[] = [];
  const dispatch = async (): Promise<void> => {
    if (group.length === 0) return;
    const sending = sendGroup(group, run).catch((error) => {
      failure ??= error;
    });
    group = [];
    const ended = sending.finally(() => underWay.delete(ended));
    underWay.add(ended);
    while (underWay.size >= groupsAtOnce) await Promise.race(underWay);
    if (failure) throw failure;
  };
  let at = stretch.firstByte;
  let zerosSent = false;
  try {
    for await (const chunk of cutChunks(run.disk, stretch.firstByte, endOf(stretch))) {
      run.signal.throwIfAborted();
      const { id, bytes } = nameChunk(chunk);
      items.push(encodeIndexItem(chunk.end - stretch.firstByte, id));
      run.counts.chunks++;
      run.advanced(chunk.end - at);
      at = chunk.end;
      if (bytes) group.push({ id, bytes });
      else if (zerosSent) run.counts.knownChunks++;
      else group.push({ id, bytes: Buffer.alloc(chunkBytes.maximum) });
      zerosSent ||= !bytes;
      if (group.length >= groupChunks) await dispatch();
    }
    await dispatch();
  } finally {
    await Promise.all(underWay);
  }
  if (failure) throw failure;
  return encodeIndex(Buffer.concat(items));
};
