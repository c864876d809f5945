import type { IncomingMessage, ServerResponse } from 'node:http';
import { asGreifError, errorCatalogue, GreifError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';

/** A minute's silence is a network's hiccup; and where a whole room shares a slow link, a full socket takes long to drain. */
export const defaultIdleMs = 120_000;

export const sendText = (
  response: ServerResponse,
  status: number,
  text: string,
  more: Record<string, string> = {},
): void => {
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
    ...more,
  });
  response.end(text);
};

/** Throws BAD_REQUEST for a path with a broken escape. */
export const decodePath = (path: string): string => {
  try {
    return decodeURIComponent(path);
  } catch (cause) {
    throw new GreifError('BAD_REQUEST', `${path} is not a path`, { cause });
  }
};

/** Whether the request only reads; answers 405 if not. */
export const onlyReads = (request: IncomingMessage, response: ServerResponse): boolean => {
  if (request.method === 'GET' || request.method === 'HEAD') return true;
  sendText(response, 405, 'only GET and HEAD\n', { Allow: 'GET, HEAD' });
  return false;
};

/** Tells the client of a fault, or cuts it off if half of its file is sent: half of a file is no file, and it must see that. */
export const refuse = (
  fault: unknown,
  request: IncomingMessage,
  response: ServerResponse,
  log: Log,
): void => {
  if (response.destroyed) {
    log.debug('HTTP: the client went away', { url: request.url });
    return;
  }
  const error = asGreifError(fault);
  const status = errorCatalogue[error.code].http;
  log[status < 500 ? 'debug' : 'warn']('HTTP: refused', { url: request.url, reason: error.message });
  if (response.headersSent) response.destroy();
  else sendText(response, status, `${error.code}: ${error.message}\n`);
};
