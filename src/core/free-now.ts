import { isMarkedAsUntransferable } from 'node:worker_threads';

/**
 * Gives back the memory of bytes that nobody looks at any more, at once. V8 counts such memory until its next collection, and starts one for each dozen MiB: where
 * gigabytes pass through, that costs more than the work on them. Slices of Node's shared pool, which it marks, are left alone; other views of the same memory become empty.
 */
export const freeNow = ({ buffer }: Uint8Array): void => {
  if (buffer instanceof ArrayBuffer && !isMarkedAsUntransferable(buffer)) buffer.transfer(0);
};
