import { open } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { GreifError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { defaultIdleMs, onlyReads, refuse } from '../http/answer.ts';
import { sendFile } from '../http/send-file.ts';
import type { BootWimStore } from './boot-wim-store.ts';

export interface WinpeRoutesOptions {
  bootWims: Pick<BootWimStore, 'find'>;
  /** Told of bytes that the kernel sent by itself, which the sockets' own counts do not hold. */
  onKernelBytes?: (count: number) => void;
  /** A client that takes nothing of its file for so long is cut off. */
  idleMs?: number;
  log: Log;
}

const address = /^\/winpe\/([0-9a-f]{64})\/boot\.wim$/;

/** Where a PC fetches a prepared boot.wim. */
export const bootWimUrl = (serverUrl: string, digest: string): string =>
  `${serverUrl}/winpe/${digest}/boot.wim`;

/** Answers `GET` and `HEAD /winpe/DIGEST/boot.wim`. Returns false, with nothing done, for any other address. */
export const createWinpeRoutes = ({ bootWims, log, ...options }: WinpeRoutesOptions) => {
  const sending = {
    idleMs: options.idleMs ?? defaultIdleMs,
    onKernelBytes: options.onKernelBytes ?? (() => {}),
  };
  const answer = async (digest: string, request: IncomingMessage, response: ServerResponse) => {
    const ready = await bootWims.find(digest);
    if (!ready) throw new GreifError('NOT_FOUND', 'there is no boot.wim of this digest any more');
    await using handle = await open(ready.file);
    const { size, ino, birthtimeMs } = await handle.stat();
    const file = {
      sizeBytes: size,
      descriptor: handle.fd,
      read: async (into: Buffer, position: number) =>
        (await handle.read(into, 0, into.length, position)).bytesRead,
    };
    const form = { etag: `"${digest.slice(0, 32)}-${ino.toString(36)}"`, modifiedAt: birthtimeMs };
    await sendFile(file, form, request, response, sending);
    log.debug('HTTP: sent a boot.wim', { client: request.socket.remoteAddress, digest });
  };
  return (request: IncomingMessage, response: ServerResponse): boolean => {
    const [pathname = ''] = (request.url ?? '').split('?', 1);
    const digest = address.exec(pathname)?.[1];
    if (digest === undefined) return false;
    if (!onlyReads(request, response)) return true;
    answer(digest, request, response).catch((fault: unknown) => refuse(fault, request, response, log));
    return true;
  };
};
