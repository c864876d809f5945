import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { cachedReadBytes, readCached } from './cached-read.ts';
import { openKernelOutlet } from './kernel-outlet.ts';
import type { ByteRange } from './range.ts';

/** Beside the kernel's own sending a piece only serves to wait for room in the socket; without it, more in a piece is faster. */
const pieceBytes = { besideKernel: 16 * 1024, alone: 512 * 1024 };

/** Bytes that lie one after the other in the file of a descriptor. */
export interface Stretch {
  /** Where they begin there. */
  at: number;
  sizeBytes: number;
}

/** A file as it is sent. */
export interface SentFile {
  sizeBytes: number;
  /** Of the file on the disk that holds the bytes. */
  descriptor: number;
  /** What follows the position without a gap, for a file that lies within another; without it the descriptor is of the file itself. */
  stretchAt?(position: number): Stretch;
  /** Fills `into` from `position` on and returns how much there was. */
  read(into: Buffer, position: number): Promise<number>;
}

export interface SendBytesOptions {
  /** A client that takes nothing for so long has gone. */
  idleMs: number;
  /** Told of bytes that went past Node, so that the socket does not count them. */
  onKernelBytes: (count: number) => void;
}

/** Resolves when the kernel has taken the bytes. Throws when the client has gone. */
const written = (response: ServerResponse, bytes: Buffer): Promise<void> =>
  new Promise((resolve, reject) => {
    const gone = () => reject(new Error('the client went away'));
    if (response.destroyed) return gone();
    response.once('close', gone);
    response.write(bytes, (error) => {
      response.off('close', gone);
      if (error) reject(error);
      else resolve();
    });
  });

const readSome = async (file: SentFile, into: Buffer, position: number): Promise<Buffer> => {
  const count = await file.read(into, position);
  if (count === 0) throw new Error('the file became shorter while it was sent');
  return into.subarray(0, count);
};

/** A small part, when the kernel holds it in memory. */
const cachedPart = (file: SentFile, { first, last }: ByteRange): Buffer | undefined => {
  const count = last + 1 - first;
  if (count > cachedReadBytes || count <= 0) return undefined;
  const stretch = file.stretchAt?.(first) ?? { at: first, sizeBytes: count };
  return stretch.sizeBytes < count ? undefined : readCached(file.descriptor, stretch.at, count);
};

/** The last bytes; they are mostly in the socket at once. */
const endWith = async (response: ServerResponse, bytes: Buffer, idleMs: number): Promise<void> => {
  response.end(bytes);
  if (!response.socket?.writableLength) return;
  const idle = setTimeout(() => response.destroy(), idleMs);
  await once(response, 'close');
  clearTimeout(idle);
};

/**
 * Sends a part of a file as the body of a response and ends it. A small part that is in the kernel's memory goes at once; else one piece is in ours at any time. By turns: Node writes a piece, which waits until the
 * socket has room; then the kernel fills the socket from the file. What the kernel does not take for whatever reason goes with the next piece.
 * Throws when the client goes, stands still, or when the file has become shorter.
 */
export const sendBytes = async (
  file: SentFile,
  part: ByteRange,
  response: ServerResponse,
  { idleMs, onKernelBytes }: SendBytesOptions,
): Promise<void> => {
  const cached = cachedPart(file, part);
  if (cached) return endWith(response, cached, idleMs);
  const { first, last } = part;
  const end = last + 1;
  const outlet = end - first > pieceBytes.besideKernel ? openKernelOutlet(response.socket) : undefined;
  const piece = Buffer.allocUnsafeSlow(
    Math.min(outlet ? pieceBytes.besideKernel : pieceBytes.alone, end - first),
  );
  const idle = setTimeout(() => response.destroy(), idleMs);
  try {
    for (let at = first; at < end; idle.refresh()) {
      const bytes = await readSome(file, piece.subarray(0, Math.min(piece.length, end - at)), at);
      await written(response, bytes);
      at += bytes.length;
      if (!outlet || at === end) continue;
      const stretch = file.stretchAt?.(at) ?? { at, sizeBytes: end - at };
      const past = await outlet.send(file.descriptor, stretch.at, Math.min(stretch.sizeBytes, end - at));
      onKernelBytes(past);
      at += past;
    }
    response.end();
  } finally {
    clearTimeout(idle);
    outlet?.close();
  }
};
