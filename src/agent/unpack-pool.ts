import { Worker } from 'node:worker_threads';
import { GreifError, isErrorCode } from '../core/errors.ts';
import type { Unpack } from './disk/restore.ts';
import type { UnpackAnswer } from './unpack-thread.ts';

/** Threads that unpack and prove chunks, so that a PC's other processors help with what costs most. */
export interface UnpackPool {
  unpack: Unpack;
  close(): Promise<void>;
}

interface Waiting {
  resolve(bytes: Uint8Array): void;
  reject(error: Error): void;
}

const connect = (worker: Worker) => {
  const waiting = new Map<number, Waiting>();
  let last = 0;
  worker.unref();
  worker.on('message', (answer: UnpackAnswer) => {
    const asked = waiting.get(answer.number);
    waiting.delete(answer.number);
    if ('bytes' in answer) asked?.resolve(answer.bytes);
    else {
      const { code, message } = answer.failure;
      asked?.reject(new GreifError(isErrorCode(code) ? code : 'INTERNAL', message));
    }
  });
  worker.on('error', (error) => {
    for (const asked of waiting.values()) asked.reject(error);
    waiting.clear();
  });
  const unpack: Unpack = (id, packed, sizeBytes) =>
    new Promise((resolve, reject) => {
      waiting.set(++last, { resolve, reject });
      worker.postMessage({ number: last, id, packed, sizeBytes });
    });
  return unpack;
};

/** @param entry the file that calls `serveUnpacking` when it runs as a worker thread. */
export const startUnpackPool = (entry: URL, threads: number): UnpackPool => {
  const workers = Array.from({ length: threads }, () => new Worker(entry));
  const unpackers = workers.map(connect);
  let turn = 0;
  return {
    unpack: (id, packed, sizeBytes) => {
      const next = unpackers[turn++ % unpackers.length];
      return next ? next(id, packed, sizeBytes) : Promise.reject(new Error('the pool has no threads'));
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
};
