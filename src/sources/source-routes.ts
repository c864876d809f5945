import type { IncomingMessage, ServerResponse } from 'node:http';
import { GreifError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { sourcesPath } from '../fleet/source-url.ts';
import { decodePath, defaultIdleMs, onlyReads, refuse } from '../http/answer.ts';
import { sendFile } from '../http/send-file.ts';
import type { SourceStore } from './source-store.ts';

export interface SourceRoutesOptions {
  sources: Pick<SourceStore, 'open' | 'openIso'>;
  /** Told of bytes that the kernel sent by itself, which the sockets' own counts do not hold. */
  onKernelBytes?: (count: number) => void;
  /** A client that takes nothing of its file for so long is cut off. */
  idleMs?: number;
  log: Log;
}

const isoSuffix = '.iso';

/** `NAME/PATH`, or `NAME.iso`, which has no path. Throws ACCESS_VIOLATION for what no installer asks for, SOURCE_NOT_FOUND. */
const readAddress = (pathname: string): { name: string; path?: string } => {
  const address = decodePath(pathname.slice(sourcesPath.length));
  if (/[\0\\]/.test(address) || address.split('/').includes('..'))
    throw new GreifError('ACCESS_VIOLATION', `${JSON.stringify(address)} is no path in an installer source`);
  const end = address.indexOf('/');
  if (end < 0 && address.endsWith(isoSuffix)) return { name: address.slice(0, -isoSuffix.length) };
  if (end < 0) throw new GreifError('SOURCE_NOT_FOUND', `${address} names no file of an installer source`);
  return { name: address.slice(0, end), path: address.slice(end + 1) };
};

/**
 * Answers `GET` and `HEAD /sources/NAME/PATH` with the file out of the source's content, and `/sources/NAME.iso` with the ISO, in parts and by conditions as RFC 9110 has them. A folder is not
 * found: no installer asks for one. Returns false, with nothing done, for any other address.
 */
export const createSourceRoutes = ({ sources, log, ...options }: SourceRoutesOptions) => {
  const sending = {
    idleMs: options.idleMs ?? defaultIdleMs,
    onKernelBytes: options.onKernelBytes ?? (() => {}),
  };
  const answer = async (pathname: string, request: IncomingMessage, response: ServerResponse) => {
    const { name, path } = readAddress(pathname);
    const file = await (path === undefined ? sources.openIso(name) : sources.open(name, path));
    try {
      const form = { etag: `"${file.version}"`, modifiedAt: file.changedAt };
      await sendFile(file, form, request, response, sending);
      log.debug('HTTP: sent', { client: request.socket.remoteAddress, source: name, file: path });
    } finally {
      await file.close();
    }
  };
  return (request: IncomingMessage, response: ServerResponse): boolean => {
    const [pathname = ''] = (request.url ?? '').split('?', 1);
    if (!pathname.startsWith(sourcesPath)) return false;
    if (!onlyReads(request, response)) return true;
    answer(pathname, request, response).catch((fault: unknown) => refuse(fault, request, response, log));
    return true;
  };
};
