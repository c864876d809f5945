import type { IncomingMessage, ServerResponse } from 'node:http';
import { asGreifError, errorCatalogue, GreifError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { Turns } from '../core/turns.ts';
import type { ChunkId } from '../image/ports.ts';
import { chunkIdBytes, maximumIdsPerRequest } from './protocol.ts';
import { readUpload, type UploadedChunk } from './upload-frames.ts';
import { joinIds, maximumIndexBytes, splitIds, type UploadKind, uploadKinds } from './upload-protocol.ts';

/** What an upload needs of the capture that it belongs to (see image/capture/open-capture.ts). */
export interface UploadTarget {
  lacking(ids: readonly ChunkId[]): Promise<ChunkId[]>;
  keep(chunks: readonly UploadedChunk[]): Promise<void>;
  addIndex(file: Buffer): Promise<string>;
}

export interface UploadRoutesOptions {
  /** Throws TOKEN_* and ORDER_* when this session may not bring anything for that order. Asked for each request, before its body is read. */
  targetOf(session: string, orderId: number): Promise<UploadTarget>;
  log: Log;
}

/** Requests of one capture that are read at a time, and bytes of one that are proven together: what bounds the memory. The rest waits in its sockets. */
const atOnce = 4;
const portionBytes = 1024 * 1024;

const address = new RegExp(`^/agent/v1/orders/([1-9][0-9]{0,9})/(${uploadKinds.join('|')})$`);

/** Answers what upload-protocol.ts describes; false, with nothing done, for any other address. Never throws: a failure is answered and logged. */
export const createUploadRoutes = ({ targetOf, log }: UploadRoutesOptions) => {
  const turns = new WeakMap<UploadTarget, Turns>();
  const turnsOf = (target: UploadTarget): Turns => {
    const own = turns.get(target) ?? new Turns(atOnce);
    turns.set(target, own);
    return own;
  };
  const answer = async (request: IncomingMessage, response: ServerResponse, id: number, kind: UploadKind) => {
    const target = await targetOf(bearer(request), id);
    await turnsOf(target).run(async () => {
      if (response.destroyed) return;
      const body = await answers[kind](target, request);
      response.writeHead(body ? 200 : 204, { 'content-type': 'application/octet-stream' }).end(body);
    });
  };
  return (request: IncomingMessage, response: ServerResponse): boolean => {
    const [, id, kind] = address.exec(request.url ?? '') ?? [];
    if (id === undefined || request.method !== 'POST') return false;
    answer(request, response, Number(id), kind as UploadKind).catch((thrown) =>
      refuse(asGreifError(thrown), request, response, log),
    );
    return true;
  };
};

const bearer = ({ headers }: IncomingMessage): string => {
  const token = /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1];
  if (token) return token;
  throw new GreifError('TOKEN_INVALID', 'this call needs the session of a check-in: restart the PC');
};

const answers: Record<
  UploadKind,
  (target: UploadTarget, request: IncomingMessage) => Promise<Buffer | undefined>
> = {
  async lacking(target, request) {
    const ids = await readWhole(bodyOf(request), maximumIdsPerRequest * chunkIdBytes);
    return joinIds(await target.lacking(asIds(ids)));
  },
  async chunks(target, request) {
    let portion: UploadedChunk[] = [];
    let size = 0;
    for await (const chunk of readUpload(bodyOf(request))) {
      portion.push(chunk);
      size += chunk.packed.length;
      if (size < portionBytes) continue;
      await target.keep(portion);
      portion = [];
      size = 0;
    }
    await target.keep(portion);
    return undefined;
  },
  async indexes(target, request) {
    const file = await readWhole(bodyOf(request), maximumIndexBytes);
    return Buffer.from(await target.addIndex(file), 'hex');
  },
};

/** A refusal in the middle leaves the connection whole: the PC must be able to read it. */
const bodyOf = (request: IncomingMessage): AsyncIterable<Buffer> =>
  request.iterator({ destroyOnReturn: false });

const asIds = (bytes: Buffer): ChunkId[] => {
  try {
    return splitIds(bytes);
  } catch (cause) {
    throw new GreifError('BAD_REQUEST', `the body must be ${(cause as Error).message}`, { cause });
  }
};

const readWhole = async (request: AsyncIterable<Buffer>, mostBytes: number): Promise<Buffer> => {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request) {
    length += piece.length;
    if (length > mostBytes) throw new GreifError('BODY_TOO_LARGE', `more than ${mostBytes} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces, length);
};

/** What is left of the body is read and forgotten: a connection that is closed upon a PC that still sends loses the answer. */
const refuse = (
  { code, message }: GreifError,
  request: IncomingMessage,
  response: ServerResponse,
  log: Log,
) => {
  if (response.destroyed) return;
  log.warn(`upload refused: ${message}`, { code, path: request.url });
  if (response.headersSent) return void response.destroy();
  request.resume();
  response.writeHead(errorCatalogue[code].http, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ error: { code, message } }));
};
