import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { asGreifError, errorCatalogue, GreifError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import { mirrorPrefix, type OfferedList, type OfferedManifest } from './protocol.ts';

export interface ImageRoutesOptions {
  /** Empty: no other appliance may read, and there are no such addresses. */
  token: string;
  list(): Promise<OfferedList>;
  /** `name@version`. Throws IMAGE_NOT_FOUND. */
  manifest(ref: string): Promise<OfferedManifest>;
  index(digest: string): Promise<Uint8Array | undefined>;
  log: Log;
}

/** Answers what another appliance reads (protocol.ts). Returns false, with nothing done, for any other address. Never throws. */
export const createImageRoutes = (options: ImageRoutesOptions) => {
  const { token, log } = options;
  return (request: IncomingMessage, response: ServerResponse): boolean => {
    const [pathname = ''] = (request.url ?? '').split('?', 1);
    if (token === '' || !pathname.startsWith(`${mirrorPrefix}/`)) return false;
    request.resume();
    answer(options, request, pathname.slice(mirrorPrefix.length + 1)).then(
      ({ type, bytes }) => {
        response.writeHead(200, { 'content-type': type, 'content-length': bytes.length });
        response.end(bytes);
      },
      (thrown) => refuse(thrown, response, log),
    );
    return true;
  };
};

const hash = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Hashed first: neither the token's length nor where it differs shows in the time. */
const isAllowed = (request: IncomingMessage, token: string): boolean => {
  const [, told = ''] = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '') ?? [];
  return timingSafeEqual(hash(told), hash(token));
};

interface Answer {
  type: string;
  bytes: Uint8Array;
}

const json = (value: unknown): Answer => ({
  type: 'application/json',
  bytes: Buffer.from(JSON.stringify(value)),
});

const answer = async (
  options: ImageRoutesOptions,
  request: IncomingMessage,
  place: string,
): Promise<Answer> => {
  const { token, list, manifest, index } = options;
  if (!isAllowed(request, token))
    throw new GreifError(
      'TOKEN_INVALID',
      'this appliance knows another mirror token: see images.mirror.token there',
    );
  if (request.method !== 'GET') throw new GreifError('BAD_REQUEST', 'a mirror only reads');
  const [, kind, name = ''] = /^(manifests|indexes)\/([a-z0-9._@-]{1,128})$/.exec(place) ?? [];
  if (place === 'list') return json((await list()) satisfies OfferedList);
  if (kind === 'manifests') return json((await manifest(name)) satisfies OfferedManifest);
  const bytes = kind === 'indexes' ? await index(name) : undefined;
  if (bytes) return { type: 'application/octet-stream', bytes };
  throw new GreifError('NOT_FOUND', `there is nothing at ${mirrorPrefix}/${place.slice(0, 128)}`);
};

const refuse = (thrown: unknown, response: ServerResponse, log: Log): void => {
  const error = asGreifError(thrown);
  log.warn(`mirror: ${error.message}`, { code: error.code });
  if (response.destroyed || response.headersSent) return void response.destroy();
  response.writeHead(errorCatalogue[error.code].http, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ error: { code: error.code, message: error.message } }));
};
