import type { ByteSource } from './byte-source.ts';

const readAheadBytes = 64 * 1024;

/** A file in blocks that count from 1. */
export interface Blocks {
  /** The number of the last block, which is never full (RFC 1350 section 6); Infinity as long as it is not known. */
  readonly last: number;
  /** Makes sure that the blocks `first` to `last` are in memory. `first` never goes back. Throws when the file has become shorter. */
  load(first: number, last: number): void;
  /** Copies a loaded block to `at` and returns its length. */
  copy(block: number, into: Buffer, at: number): number;
}

/** Mode octet: the bytes as they are, out of a piece that is kept in memory: one read for many blocks. */
export class BlockReader implements Blocks {
  readonly last: number;
  readonly #source: ByteSource;
  readonly #blksize: number;
  #storage = Buffer.alloc(0);
  /** The part of it that holds bytes of the file. */
  #piece = Buffer.alloc(0);
  #pieceStart = 0;

  constructor(source: ByteSource, blksize: number) {
    this.#source = source;
    this.#blksize = blksize;
    this.last = Math.floor(source.sizeBytes / blksize) + 1;
  }

  load(first: number, last: number): void {
    const { sizeBytes } = this.#source;
    const start = (first - 1) * this.#blksize;
    const end = Math.min(last * this.#blksize, sizeBytes);
    if (start >= this.#pieceStart && end <= this.#pieceStart + this.#piece.length) return;
    const wanted = Math.min(Math.max(readAheadBytes, end - start), sizeBytes - start);
    if (this.#storage.length < wanted) this.#storage = Buffer.allocUnsafeSlow(wanted);
    this.#piece = this.#storage.subarray(0, wanted);
    if (this.#source.read(this.#piece, start) < end - start)
      throw new Error('the file became shorter while it was sent');
    this.#pieceStart = start;
  }

  copy(block: number, into: Buffer, at: number): number {
    const start = (block - 1) * this.#blksize - this.#pieceStart;
    return this.#piece.copy(into, at, start, start + this.#blksize);
  }
}
