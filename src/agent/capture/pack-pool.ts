import { type ThreadPool, threadPool } from '../../core/thread-pool.ts';
import { type Parcel, packingThread } from './pack-worker.ts';

/** Packs chunks on all processors, in threads: Node's own pool takes twice the processor time for it. */
export interface PackPool {
  /** The parcel's memory is gone afterwards. */
  pack(parcel: Parcel): Promise<Parcel>;
  close(): Promise<void>;
}

/** @param script what the threads run: pack-worker.ts, or a bundle that holds it. */
export const startPackPool = (
  threads: number,
  script: URL = new URL('./pack-worker.ts', import.meta.url),
): PackPool => {
  const pool: ThreadPool<Parcel, Parcel> = threadPool(threads, script, packingThread);
  return { pack: (parcel) => pool.ask(parcel, [parcel.bytes.buffer]), close: () => pool.close() };
};
