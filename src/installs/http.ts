import type { IncomingMessage, ServerResponse } from 'node:http';
import { asGreifError, errorCatalogue, GreifError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { InstallDesk, ServedFile } from './desk.ts';
import type { InstallCall } from './door.ts';
import { reportAtMost } from './report.ts';
import { stepOfEvent } from './step.ts';
import type { ServerUrls } from './tokens.ts';

/** Answers a request and returns true, or leaves it alone and returns false. Never throws. */
export type InstallHttp = (request: IncomingMessage, response: ServerResponse) => boolean;

interface Asked extends InstallCall {
  file: string;
  query: URLSearchParams;
}

const prefix = '/install/';
const bodyAtMost = 64 * 1024;

const asked = (request: IncomingMessage, servers: ServerUrls): Asked => {
  const [path = '', query = ''] = (request.url ?? '').split('?', 2);
  const [token = '', ...file] = path.slice(prefix.length).split('/');
  const address = request.socket.remoteAddress?.replace(/^::ffff:/, '') ?? '';
  const secure = 'encrypted' in request.socket;
  return { token, file: file.join('/'), query: new URLSearchParams(query), address, secure, servers };
};

/** Throws BODY_TOO_LARGE. A refusal in the middle leaves the connection whole: the installer must be able to read it. */
const bodyOf = async (request: IncomingMessage, mostBytes: number): Promise<string> => {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request.iterator({ destroyOnReturn: false })) {
    length += piece.length;
    if (length > mostBytes) throw new GreifError('BODY_TOO_LARGE', `more than ${mostBytes} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
};

/** Nothing of it is to be kept on the way, nor shown where it does not belong. */
const send = (
  { method }: IncomingMessage,
  response: ServerResponse,
  status: number,
  contentType: string,
  text: string,
): void => {
  response.writeHead(status, {
    'Content-Type': contentType,
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(method === 'HEAD' ? undefined : text);
};

const done = (request: IncomingMessage, response: ServerResponse): void =>
  send(request, response, 200, 'text/plain; charset=utf-8', 'ok\n');

/**
 * `/install/TOKEN/FILE`, an answer's file; `/install/TOKEN/script`, its script; `/install/TOKEN/progress`, `/finished` and `/report`, what installers and installed systems tell.
 * Whoever is refused gets 410, whatever the reason. Tokens are in no line of the log.
 */
export const createInstallHttp = (parts: {
  desk: InstallDesk;
  servers: ServerUrls;
  log: Log;
}): InstallHttp => {
  const { desk, servers, log } = parts;

  const named: Record<
    string,
    (call: Asked, request: IncomingMessage, response: ServerResponse) => Promise<void>
  > = {
    async script(call, request, response) {
      sendFile(await desk.script(call), request, response);
    },
    async progress(call, request, response) {
      const body = request.method === 'POST' ? await bodyOf(request, bodyAtMost) : '';
      await desk.progress(call, stepOfEvent(call.query.get('step'), body));
      done(request, response);
    },
    async finished(call, request, response) {
      await desk.finished(call);
      done(request, response);
    },
    async report(call, request, response) {
      await desk.report(call, await bodyOf(request, reportAtMost));
      done(request, response);
    },
  };

  const sendFile = (
    { file, delivered }: ServedFile,
    request: IncomingMessage,
    response: ServerResponse,
  ): void => {
    if (request.method === 'GET')
      response.once('finish', () => {
        delivered().catch((error: Error) => log.error('an answer was not noted', { reason: error.message }));
      });
    send(request, response, 200, file.contentType, file.text);
  };

  const sendAnswer = async (
    call: Asked,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> => {
    const served = await desk.answer(call, call.file);
    if (!served) throw new GreifError('NOT_FOUND', 'the answer has no file of that name');
    sendFile(served, request, response);
  };

  const refuse = (fault: unknown, request: IncomingMessage, response: ServerResponse): void => {
    if (response.destroyed) return;
    const { code, message } = asGreifError(fault);
    const status = errorCatalogue[code].http;
    log[status < 500 ? 'debug' : 'error']('install: refused', {
      address: request.socket.remoteAddress,
      code,
      reason: message,
    });
    if (response.headersSent) return void response.destroy();
    request.resume();
    const text = status < 500 ? `${code}: ${message}\n` : 'the answer could not be made: see the order\n';
    send(request, response, status, 'text/plain; charset=utf-8', text);
  };

  return (request, response) => {
    if (!request.url?.startsWith(prefix)) return false;
    if (!['GET', 'HEAD', 'POST'].includes(request.method ?? '')) {
      send(request, response, 405, 'text/plain; charset=utf-8', 'only GET, HEAD and POST\n');
      return true;
    }
    const call = asked(request, servers);
    const serve = Object.hasOwn(named, call.file) ? named[call.file] : undefined;
    if (serve && serve !== named['script'] && request.method === 'HEAD') {
      send(request, response, 405, 'text/plain; charset=utf-8', '');
      return true;
    }
    (serve ?? sendAnswer)(call, request, response).catch((fault: unknown) =>
      refuse(fault, request, response),
    );
    return true;
  };
};
