import type { Blocks } from './block-reader.ts';
import type { ByteSource } from './byte-source.ts';

const [NUL, LF, CR] = [0, 10, 13];
const pieceBytes = 16 * 1024;

/** RFC 764 as RFC 1350 wants it: the end of a line is CR LF, a CR by itself is CR NUL. Returns how many bytes it wrote. */
export const encodeNetascii = (bytes: Uint8Array, into: Uint8Array): number => {
  let at = 0;
  for (const byte of bytes) {
    if (byte === LF) into[at++] = CR;
    into[at++] = byte;
    if (byte === CR) into[at++] = NUL;
  }
  return at;
};

/** Mode netascii: made piece by piece as it is sent; what is acknowledged is let go. How long it becomes shows at its end. */
export class NetasciiReader implements Blocks {
  readonly #source: ByteSource;
  readonly #blksize: number;
  readonly #piece = Buffer.allocUnsafeSlow(pieceBytes);
  readonly #encodedPiece = Buffer.allocUnsafeSlow(2 * pieceBytes);
  #position = 0;
  /** From the beginning of block `#first` on. */
  #encoded = Buffer.alloc(0);
  #first = 1;
  #last = Number.POSITIVE_INFINITY;

  constructor(source: ByteSource, blksize: number) {
    this.#source = source;
    this.#blksize = blksize;
  }

  get last(): number {
    return this.#last;
  }

  load(first: number, last: number): void {
    this.#encoded = this.#encoded.subarray((first - this.#first) * this.#blksize);
    this.#first = first;
    while (
      this.#last === Number.POSITIVE_INFINITY &&
      this.#encoded.length < (last - first + 1) * this.#blksize
    )
      this.#encodePiece();
  }

  copy(block: number, into: Buffer, at: number): number {
    const start = (block - this.#first) * this.#blksize;
    return this.#encoded.copy(into, at, start, start + this.#blksize);
  }

  #encodePiece(): void {
    const count = this.#source.read(this.#piece, this.#position);
    this.#position += count;
    const length = encodeNetascii(this.#piece.subarray(0, count), this.#encodedPiece);
    this.#encoded = Buffer.concat([this.#encoded, this.#encodedPiece.subarray(0, length)]);
    if (count === 0) this.#last = this.#first + Math.floor(this.#encoded.length / this.#blksize);
  }
}
