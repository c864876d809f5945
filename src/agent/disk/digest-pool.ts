import { type ThreadPool, threadPool } from '../../core/thread-pool.ts';
import type { DigestChunks } from './chunk-digests.ts';
import { type DigestRequest, digestingThread } from './digest-worker.ts';

/** Hashes chunks in threads, so that a disk is read as fast as it gives. */
export interface DigestPool {
  /** The bytes must lie in one of `alignedBuffers`, and stay as they are until the answer. */
  digest: DigestChunks;
  close(): Promise<void>;
}

/** @param script what the threads run: digest-worker.ts, or a bundle that holds it. */
export const startDigestPool = (
  threads: number,
  script: URL = new URL('./digest-worker.ts', import.meta.url),
): DigestPool => {
  const pool: ThreadPool<DigestRequest, Uint8Array> = threadPool(threads, script, digestingThread);
  return {
    async digest({ buffer, byteOffset }, ends) {
      if (!(buffer instanceof SharedArrayBuffer)) throw new Error('the bytes lie in no shared memory');
      const digests = await pool.ask({ memory: buffer, start: byteOffset, ends });
      return Buffer.from(digests.buffer, digests.byteOffset, digests.byteLength);
    },
    close: () => pool.close(),
  };
};
