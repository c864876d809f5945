import type { ChunkId } from '../../image/ports.ts';

/** Packed chunks with their ids, in memory of their own. */
export interface PackedChunks {
  ids: ChunkId[];
  /** One after the other; `ends` says where each ends. */
  bytes: Uint8Array;
  ends: number[];
}

/** Where captured chunks go. */
export interface ChunkSink {
  /** Those of the ids that it does not have whole. */
  lacking(ids: readonly ChunkId[]): Promise<ReadonlySet<ChunkId>>;
  /** Fulfilled when all are durable. */
  send(chunks: PackedChunks): Promise<void>;
}
