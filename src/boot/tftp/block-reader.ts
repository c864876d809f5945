import type { BootFile } from '../boot-folder.ts';

const readAheadBytes = 256 * 1024;

/** Cuts a file into blocks, out of a large piece of it that is kept in memory: one read for many blocks. */
export class BlockReader {
  readonly #file: BootFile;
  readonly #blksize: number;
  #piece = Buffer.alloc(0);
  #pieceStart = 0;

  constructor(file: BootFile, blksize: number) {
    this.#file = file;
    this.#blksize = blksize;
  }

  /** The number of the last block, which is never full (RFC 1350 section 6). */
  get last(): number {
    return Math.floor(this.#file.sizeBytes / this.#blksize) + 1;
  }

  /** Makes sure that the blocks `first` to `last` are in memory. Throws when the file has become shorter. */
  async load(first: number, last: number): Promise<void> {
    const start = (first - 1) * this.#blksize;
    const end = Math.min(last * this.#blksize, this.#file.sizeBytes);
    if (start >= this.#pieceStart && end <= this.#pieceStart + this.#piece.length) return;
    const wanted = Math.min(Math.max(readAheadBytes, end - start), this.#file.sizeBytes - start);
    // A new piece each time: the system may still be sending from the former.
    const piece = Buffer.allocUnsafe(wanted);
    const count = await this.#file.read(piece, start);
    if (start + count < end) throw new Error('the file became shorter while it was sent');
    this.#piece = piece.subarray(0, count);
    this.#pieceStart = start;
  }

  /** A view of a block that is in memory. */
  block(number: number): Buffer {
    const start = (number - 1) * this.#blksize - this.#pieceStart;
    const end = Math.min(start + this.#blksize, this.#file.sizeBytes - this.#pieceStart);
    return this.#piece.subarray(start, end);
  }
}
