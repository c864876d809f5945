import { GreifError } from '../../core/errors.ts';
import { type ThreadPool, threadPool } from '../../core/thread-pool.ts';
import type { DigestChunks } from './chunk-digests.ts';
import { type DiskAnswer, type DiskRequest, diskThread } from './disk-thread.ts';
import type { UnpackChunks } from './unpack-chunks.ts';

/** Work on a disk's bytes in threads, so that a disk is read and written as fast as it goes. Buffers are of `alignedBuffers`, and the threads' until the answer. */
export interface DiskThreads {
  digest: DigestChunks;
  unpack: UnpackChunks;
  close(): Promise<void>;
}

const placeOf = ({ buffer, byteOffset }: Buffer): { memory: SharedArrayBuffer; start: number } => {
  if (!(buffer instanceof SharedArrayBuffer)) throw new Error('the bytes lie in no shared memory');
  return { memory: buffer, start: byteOffset };
};

/** @param script what the threads run: disk-thread.ts, or a bundle that holds it. */
export const startDiskThreads = (
  threads: number,
  script: URL = new URL('./disk-thread.ts', import.meta.url),
): DiskThreads => {
  const pool: ThreadPool<DiskRequest, DiskAnswer> = threadPool(threads, script, diskThread);
  return {
    async digest(bytes, ends) {
      const digests = (await pool.ask({ kind: 'digest', ...placeOf(bytes), ends })) as Uint8Array;
      return Buffer.from(digests.buffer, digests.byteOffset, digests.byteLength);
    },
    async unpack(chunks, target) {
      let packedAt = chunks.reduce((end, { sizeBytes }) => end + sizeBytes, 0);
      const asked = chunks.map(({ id, packed, sizeBytes }) => {
        target.set(packed, packedAt);
        packedAt += packed.length;
        return { id, packedBytes: packed.length, sizeBytes };
      });
      const faults = await pool.ask({ kind: 'unpack', ...placeOf(target), chunks: asked });
      return (faults as (string | undefined)[]).map((fault) =>
        fault === undefined ? undefined : new GreifError('CHUNK_CORRUPT', fault),
      );
    },
    close: () => pool.close(),
  };
};
