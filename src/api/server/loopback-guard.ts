import type { RequestHandler } from 'express';
import { GreifError } from '../../core/errors.ts';

const loopbackHost = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/;

/**
 * There are no accounts yet: whoever reaches the socket is the administrator. So that no web page becomes one through the
 * administrator's browser, the Host must be a loopback name (a page's own name that was pointed here by DNS is not), and an Origin,
 * if one is told, must be that same Host.
 */
export const loopbackGuard: RequestHandler = (request, _response, next) => {
  const { host = '', origin } = request.headers;
  if (!loopbackHost.test(host))
    throw new GreifError('FORBIDDEN', `the admin API answers to 127.0.0.1 and localhost, not to "${host}"`);
  if (origin !== undefined && origin !== `http://${host}`)
    throw new GreifError('FORBIDDEN', 'the admin API takes no requests from pages of other sites');
  next();
};
