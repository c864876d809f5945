import express, { type Express, type RequestHandler } from 'express';
import { GreifError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import { withContext } from './context.ts';

/** A body in another type is refused, not ignored: browsers send such bodies to any address without asking. */
const jsonOnly: RequestHandler = (request, _response, next) => {
  const hasBody =
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length']) > 0;
  if (hasBody && !request.is('application/json'))
    throw new GreifError('BAD_REQUEST', 'send JSON, with content-type application/json');
  next();
};

/** An Express app that speaks JSON only, with a request id in each answer. Routes, `notFound` and `refuse` follow. */
export const createJsonApp = (options: {
  log: Log;
  bodyLimitBytes: number;
  first?: RequestHandler[];
}): Express => {
  const app = express().disable('x-powered-by').disable('etag');
  app.use(withContext(options.log), ...(options.first ?? []), jsonOnly);
  app.use(express.json({ limit: options.bodyLimitBytes, strict: false }));
  return app;
};
