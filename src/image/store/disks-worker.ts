/** `df` is waited for synchronously by the library, and hangs for as long as a file server does not answer: hence a thread of its own. */
import { parentPort } from 'node:worker_threads';
import diskInfo from 'node-disk-info';

parentPort?.postMessage(
  diskInfo.getDiskInfoSync().map(({ filesystem, blocks, used, available, mounted }) => ({
    device: filesystem,
    mountPoint: mounted,
    totalBytes: blocks * 1024,
    usedBytes: used * 1024,
    freeBytes: available * 1024,
  })),
);
