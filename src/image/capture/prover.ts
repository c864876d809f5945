import { threadPool } from '../../core/thread-pool.ts';
import type { ChunkId } from '../ports.ts';
import type { Proven, ToProve } from './proof-worker.ts';

export interface ChunkToProve {
  id: ChunkId;
  packed: Uint8Array;
}

/** Unpacks and hashes chunks in a thread of its own, so that no PC waits for an answer meanwhile. */
export interface Prover {
  /** For each chunk its unpacked size in bytes, or what is wrong with it. */
  prove(chunks: readonly ChunkToProve[]): Promise<(number | string)[]>;
  close(): Promise<void>;
}

export const startProver = (): Prover => {
  const pool = threadPool<ToProve, Proven>(1, new URL('./proof-worker.ts', import.meta.url));
  return {
    async prove(chunks) {
      if (chunks.length === 0) return [];
      const bytes = new Uint8Array(chunks.reduce((sum, { packed }) => sum + packed.length, 0));
      const ends: number[] = [];
      let at = 0;
      for (const { packed } of chunks) {
        bytes.set(packed, at);
        at += packed.length;
        ends.push(at);
      }
      const { results } = await pool.ask({ ids: chunks.map(({ id }) => id), ends, bytes }, [bytes.buffer]);
      return results;
    },
    close: () => pool.close(),
  };
};
