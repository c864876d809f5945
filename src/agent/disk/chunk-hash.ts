import { createHash, type Hash, hash } from 'node:crypto';
import { chunkBytes } from '../../image/format/chunker.ts';

const zeros = Buffer.alloc(chunkBytes.maximum);

/** Whether all bytes are zero, at the speed of memcmp. */
export const isZero = (bytes: Buffer): boolean => {
  for (let at = 0; at < bytes.length; at += zeros.length) {
    const end = Math.min(bytes.length, at + zeros.length);
    if (zeros.compare(bytes, at, end, 0, end - at) !== 0) return false;
  }
  return true;
};

/**
 * The SHA-256 of one chunk that comes in parts. Where zeros are expected they are compared, which is many times faster than hashing,
 * and only the first other byte makes a hash of it.
 */
export class ChunkHash {
  readonly #expected: Buffer;
  #zeroBytes = 0;
  #expectZeros: boolean;
  #hash: Hash | undefined;
  #whole: Buffer | undefined;

  /** @param expected the raw id of the chunk in the index. */
  constructor(expected: Buffer, expectZeros: boolean) {
    this.#expected = expected;
    this.#expectZeros = expectZeros;
  }

  /** @param isWhole the part is the whole chunk: hashed at once, which saves a tenth of the time. */
  add(part: Buffer, isWhole = false): void {
    if (this.#expectZeros && isZero(part)) {
      this.#zeroBytes += part.length;
      return;
    }
    if (isWhole) {
      this.#whole = hash('sha256', part, 'buffer');
      return;
    }
    if (this.#expectZeros) {
      this.#expectZeros = false;
      this.#hash = createHash('sha256').update(zeros.subarray(0, this.#zeroBytes));
    }
    this.#hash ??= createHash('sha256');
    this.#hash.update(part);
  }

  /** The chunk's raw id as the bytes have it. */
  digest(): Buffer {
    return this.#whole ?? this.#hash?.digest() ?? this.#expected;
  }
}
