import type { RequestHandler, Response } from 'express';
import { newId } from '../../core/ids.ts';
import type { Log } from '../../core/log.ts';

/** What belongs to one request. */
export interface RequestContext {
  /** In the answer's `x-request-id` and in every log line of the request. */
  requestId: string;
  log: Log;
  /** Fires when the caller hangs up. */
  gone: AbortSignal;
}

export const contextOf = (response: Response): RequestContext => response.locals['context'];

/** From now on these ids are in the request's log lines as well. */
export const addToLog = (response: Response, ids: object): void => {
  const context = contextOf(response);
  context.log = context.log.child(ids);
};

const levelOf = (status: number, method: string): 'warn' | 'info' | 'debug' => {
  if (status >= 500) return 'warn';
  return status >= 400 || method !== 'GET' ? 'info' : 'debug';
};

/** Gives each request its id and its log, and writes one line when it is answered. */
export const withContext =
  (log: Log): RequestHandler =>
  (request, response, next) => {
    const requestId = newId();
    const gone = new AbortController();
    const started = performance.now();
    const { method, path } = request;
    const context: RequestContext = { requestId, log: log.child({ requestId }), gone: gone.signal };
    response.locals['context'] = context;
    response.setHeader('x-request-id', requestId);
    response.on('close', () => {
      gone.abort();
      const status = response.statusCode;
      const ms = Math.round(performance.now() - started);
      context.log[levelOf(status, method)]('request', { method, path, status, ms });
    });
    next();
  };
