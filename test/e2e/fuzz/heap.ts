import { readdirSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes that are in use once all garbage is gone, memory outside of the heap (buffers) included. */
export const heapBytes = async (): Promise<number> => {
  // Several times, with turns between: what finalizers and the sweeper of buffers release counts only then.
  for (let round = 0; round < 5; round++) {
    await new Promise(setImmediate);
    collectGarbage();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

/** Files and sockets that this process has open. */
export const openFiles = (): number => readdirSync('/proc/self/fd').length;
