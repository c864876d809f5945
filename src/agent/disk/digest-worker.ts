import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { digestChunks } from './chunk-digests.ts';

/** Chunks that lie one after the other in shared memory, from `start` on. */
export interface DigestRequest {
  memory: SharedArrayBuffer;
  start: number;
  /** Where each ends, from `start` on. */
  ends: readonly number[];
}

/** What `workerData` is in a thread that hashes: the agent's bundle is one file, which also begins as the agent. */
export const digestingThread = 'greif-digesting';

const serve = (port: MessagePort): void => {
  port.on('message', ({ memory, start, ends }: DigestRequest) => {
    port.postMessage(digestChunks(Buffer.from(memory, start, ends.at(-1)), ends));
  });
};

if (workerData === digestingThread && parentPort) serve(parentPort);
