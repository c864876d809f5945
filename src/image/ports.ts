import type { GreifError } from '../core/errors.ts';

/** The SHA-256 of a chunk's uncompressed bytes, 64 lower-case hex digits. */
export type ChunkId = string & { readonly kind: 'chunk-id' };

/**
 * Where chunks come from. The bytes are those of a casync `.cacnk` file: one zstd frame. They are not yet trusted:
 * whoever uses them unpacks and hashes first. `undefined` means "not here"; every other failure throws.
 */
export interface ChunkSource {
  get(id: ChunkId): Promise<Uint8Array | undefined>;
  /** All of these in their order, with few large reads; the bytes of each are lent until the next is asked for. One that cannot be read comes as its error (CHUNK_CORRUPT), so that the others still come. */
  getMany?(ids: readonly ChunkId[]): AsyncGenerator<Uint8Array | GreifError | undefined>;
}

/** A place that keeps chunks. `put` is atomic, durable when it returns, and harmless when repeated; other bytes for an id that is there take their place. */
export interface ChunkStore extends ChunkSource {
  has(id: ChunkId): Promise<boolean>;
  put(id: ChunkId, packed: Uint8Array): Promise<void>;
  list(): AsyncIterable<ChunkId>;
}

/** An object's name and size, as a store lists it. */
export interface StoredObject {
  name: string;
  sizeBytes: number;
}

/**
 * Where large, immutable files are kept: a directory, or a bucket. Names are `packs/0a1b.pack`: parts of `a-z`, `0-9`, `.`, `_` and `-`, joined by `/`; others
 * throw BAD_REQUEST. Absence is `undefined`; every other failure throws (STORE_FULL when there is no room, UNREACHABLE when the place does not answer).
 */
export interface ObjectStore {
  /** The whole object or nothing, durable when it returns; replaces what had the name. Pieces are taken one after the other and may fail half-way. */
  put(name: string, bytes: Uint8Array | AsyncIterable<Uint8Array>): Promise<void>;
  /** As `put`, from a file on a local disk, whose bytes are durable already. Where it can be it is moved, so do not use it afterwards; remove what is left of it. */
  putFile(name: string, file: string): Promise<void>;
  /** Bytes from `offset` on: `length` of them, fewer when the object ends before; `undefined` when there is none of that name. */
  read(name: string, offset: number, length: number): Promise<Buffer | undefined>;
  size(name: string): Promise<number | undefined>;
  /** Every object whose name begins with `prefix`, in no order. What is put or removed meanwhile may be missing. */
  list(prefix: string): AsyncIterable<StoredObject>;
  /** Harmless when there is none. */
  remove(name: string): Promise<void>;
}
