import { hash } from 'node:crypto';
import { chunkBytes } from '../../image/format/chunker.ts';

export const digestBytes = 32;
const zeros = Buffer.alloc(chunkBytes.maximum);

/** Whether all bytes are zero, at the speed of memcmp. */
export const isZero = (bytes: Uint8Array): boolean => {
  for (let at = 0; at < bytes.length; at += zeros.length) {
    const end = Math.min(bytes.length, at + zeros.length);
    if (zeros.compare(bytes, at, end, 0, end - at) !== 0) return false;
  }
  return true;
};

/** What stands for the digest of zeros, which are compared and not hashed: that is many times faster, and no bytes are known to hash to it. */
const ofZeros = Buffer.alloc(digestBytes);
export const isDigestOfZeros = (digest: Buffer): boolean => digest.equals(ofZeros);

/**
 * The SHA-256 of chunks that follow each other, one after the other in the answer.
 * @param ends where each of them ends in `bytes`.
 */
export type DigestChunks = (bytes: Buffer, ends: readonly number[]) => Promise<Buffer>;

/** In this very thread. */
export const digestChunks = (bytes: Buffer, ends: readonly number[]): Buffer => {
  const digests = Buffer.alloc(ends.length * digestBytes);
  let start = 0;
  for (const [position, end] of ends.entries()) {
    const chunk = bytes.subarray(start, end);
    if (!isZero(chunk)) hash('sha256', chunk, 'buffer').copy(digests, position * digestBytes);
    start = end;
  }
  return digests;
};
