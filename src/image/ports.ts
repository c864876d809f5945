/** The SHA-256 of a chunk's uncompressed bytes, 64 lower-case hex digits. */
export type ChunkId = string & { readonly kind: 'chunk-id' };

/**
 * Where chunks come from. The bytes are those of a casync `.cacnk` file: one zstd frame. They are not yet trusted:
 * whoever uses them unpacks and hashes first. `undefined` means "not here"; every other failure throws.
 */
export interface ChunkSource {
  get(id: ChunkId): Promise<Uint8Array | undefined>;
}

/** A place that keeps chunks. `put` is atomic, durable when it returns, and harmless when repeated. */
export interface ChunkStore extends ChunkSource {
  has(id: ChunkId): Promise<boolean>;
  put(id: ChunkId, packed: Uint8Array): Promise<void>;
  remove(id: ChunkId): Promise<void>;
  list(): AsyncIterable<ChunkId>;
}
