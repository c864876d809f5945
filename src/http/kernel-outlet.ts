import type { Socket } from 'node:net';
import koffi from 'koffi';
import { Turns } from '../core/turns.ts';

const library = koffi.load(null);
const c = {
  sendfile: library.func('intptr_t sendfile(int out, int in, _Inout_ int64_t *offset, size_t count)'),
  dup: library.func('int dup(int fd)'),
  close: library.func('int close(int fd)'),
};

/** About a millisecond’s work for a thread of the pool, which other files wait for as well; smaller calls cost a fast client a third. */
const bytesPerCall = 4 * 1024 * 1024;

/**
 * As many as the pool has threads: more would only make reads of other files wait behind them. And koffi refuses more than a few hundred calls, which
 * a storm of PCs would reach.
 */
const turns = new Turns(4);

/** A socket to which the kernel copies a file by itself: sendfile(2), at a third of the processor time of reading and writing. */
export interface KernelOutlet {
  /** Sends until the socket is full, the part is sent or the client has gone. Resolves with the number of bytes sent, which may be 0. */
  send(fileDescriptor: number, position: number, count: number): Promise<number>;
  /** Only when nothing is being sent. */
  close(): void;
}

/** The number of bytes sent, or less than 0 when the kernel takes none. In a thread of the pool: a file that is not in memory makes only that thread wait for the disk. */
const sendfile = (out: number, file: number, position: number, count: number): Promise<number> =>
  new Promise((resolve, reject) => {
    c.sendfile.async(out, file, [position], count, (error: Error | null, sent: number) =>
      error ? reject(error) : resolve(Number(sent)),
    );
  });

/**
 * An outlet beside Node's own writing: nothing that was written before may still wait in the socket. `undefined` when the
 * socket has no descriptor. A duplicate is used, as the socket may be closed while the kernel sends and its number then be given to another.
 */
export const openKernelOutlet = (socket: Socket | null): KernelOutlet | undefined => {
  const descriptor = (socket as { _handle?: { fd?: number } } | null)?._handle?.fd ?? -1;
  const out: number = descriptor < 0 ? -1 : c.dup(descriptor);
  if (out < 0) return undefined;
  return {
    async send(fileDescriptor, position, count) {
      for (let at = 0; at < count; ) {
        const wanted = Math.min(bytesPerCall, count - at);
        const sent = await turns.run(() => sendfile(out, fileDescriptor, position + at, wanted));
        if (sent <= 0) return at;
        at += sent;
      }
      return count;
    },
    close: () => c.close(out),
  };
};
