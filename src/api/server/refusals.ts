import type { ErrorRequestHandler, RequestHandler } from 'express';
import { asGreifError, errorCatalogue, GreifError } from '../../core/errors.ts';
import type { ErrorBody } from '../contract/error.ts';
import { contextOf } from './context.ts';

/** What body-parser and the router throw, as our own. */
const fromExpress = (thrown: unknown): unknown => {
  if (thrown instanceof GreifError) return thrown;
  const { type, status, limit } = thrown as { type?: string; status?: number; limit?: number };
  if (type === 'entity.too.large')
    return new GreifError('BODY_TOO_LARGE', `the body is larger than ${limit} bytes`);
  if (type === 'entity.parse.failed') return new GreifError('BAD_REQUEST', 'the body is not valid JSON');
  if (status !== undefined && status >= 400 && status < 500)
    return new GreifError('BAD_REQUEST', 'the request cannot be read: check its address and headers');
  return thrown;
};

/** An unknown failure stays in the log: its text may hold what callers must not see. */
const bodyOf = ({ code, message, details }: GreifError, requestId: string): ErrorBody => {
  if (code === 'INTERNAL')
    return {
      error: { code, message: `the appliance failed; its log tells the reason under request ${requestId}` },
    };
  return { error: { code, message, ...(details && { details }) } };
};

/** The one place where a failure becomes an HTTP answer. */
export const refuse: ErrorRequestHandler = (thrown, _request, response, next) => {
  const { log, requestId } = contextOf(response);
  const error = asGreifError(fromExpress(thrown));
  if (error.code === 'INTERNAL')
    log.error('request failed', { reason: error.message, stack: (error.cause as Error | undefined)?.stack });
  if (response.headersSent) return next(thrown);
  response.status(errorCatalogue[error.code].http).json(bodyOf(error, requestId));
};

export const notFound: RequestHandler = (request) => {
  throw new GreifError('NOT_FOUND', `there is no ${request.method} ${request.path} here`);
};
