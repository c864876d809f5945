import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ahead } from '../core/ahead.ts';
import { asGreifError, errorCatalogue, GreifError } from '../core/errors.ts';
import { freeNow } from '../core/free-now.ts';
import type { Log } from '../core/log.ts';
import { isChunkId } from '../image/format/chunk.ts';
import type { ChunkId, ChunkSource } from '../image/ports.ts';
import { chunkIdBytes, chunksPath, frameHeadBytes, maximumIdsPerRequest, missingFrame } from './protocol.ts';

export interface ChunkRoutesOptions {
  chunks: ChunkSource;
  log: Log;
}

/** Chunks read ahead of the network for one answer, where the store does not do it; and how many bytes of frames go to the socket at once. */
const readAhead = 8;
const writeBytes = 512 * 1024;

/**
 * Answers `GET /chunks/ab12/ab12….cacnk` (what casync asks for) and `POST /chunks` (many in one streamed answer).
 * Returns false, with nothing done, for any other address. Never throws: a failure is answered or, once the answer
 * has begun, ends the connection, and is logged.
 */
export const createChunkRoutes = ({ chunks, log }: ChunkRoutesOptions) => {
  const readable = proofOfReading(chunks, log);
  return (request: IncomingMessage, response: ServerResponse): boolean => {
    const [pathname = ''] = (request.url ?? '').split('?', 1);
    if (pathname !== chunksPath && !pathname.startsWith(`${chunksPath}/`)) return false;
    const answered =
      pathname === chunksPath
        ? answerMany(readable, request, response)
        : answerOne(readable, pathname, request, response);
    answered.catch((thrown) => refuse(thrown, response, log));
    return true;
  };
};

/** A chunk that is there but cannot be read is as good as missing: whoever waits for it must fail, not ask for ever. */
const proofOfReading = (chunks: ChunkSource, log: Log): ReadableChunks => {
  const orMissing = (found: Uint8Array | GreifError | undefined): Uint8Array | undefined => {
    if (!(found instanceof GreifError)) return found;
    log.error(found.message, found.details);
    return undefined;
  };
  const get = (id: ChunkId) => chunks.get(id).catch(corruptOnly).then(orMissing);
  return {
    get,
    async *getMany(ids) {
      const all = chunks.getMany?.(ids) ?? ahead(ids, readAhead, get);
      for await (const found of all) yield orMissing(found);
    },
  };
};

interface ReadableChunks {
  get(id: ChunkId): Promise<Uint8Array | undefined>;
  getMany(ids: readonly ChunkId[]): AsyncGenerator<Uint8Array | undefined>;
}

const corruptOnly = (thrown: unknown): GreifError => {
  const error = asGreifError(thrown);
  if (error.code !== 'CHUNK_CORRUPT') throw error;
  return error;
};

const refuse = (thrown: unknown, response: ServerResponse, log: Log): void => {
  const error = asGreifError(thrown);
  if (response.destroyed) return;
  log.warn(`chunks: ${error.message}`, { code: error.code });
  if (response.headersSent) return void response.destroy();
  response.writeHead(errorCatalogue[error.code].http, {
    'content-type': 'application/json',
    connection: 'close',
  });
  response.end(JSON.stringify({ error: { code: error.code, message: error.message } }));
};

const onlyMethods = (request: IncomingMessage, response: ServerResponse, methods: string[]): boolean => {
  if (methods.includes(request.method ?? '')) return true;
  response.writeHead(405, { allow: methods.join(', ') }).end();
  return false;
};

const answerOne = async (
  chunks: ReadableChunks,
  pathname: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  if (!onlyMethods(request, response, ['GET', 'HEAD'])) return;
  const packed = await chunks.get(parseChunkPath(pathname));
  if (!packed) throw new GreifError('CHUNK_MISSING', `the store has no chunk ${pathname}`);
  response.writeHead(200, {
    'content-type': 'application/octet-stream',
    'content-length': packed.length,
    'cache-control': 'public, max-age=31536000, immutable',
  });
  response.end(request.method === 'HEAD' ? undefined : packed);
};

/** `/chunks/ab12/ab12….cacnk` → id; throws NOT_FOUND. */
const parseChunkPath = (pathname: string): ChunkId => {
  const [, folder, id = ''] = /^\/chunks\/([0-9a-f]{4})\/([0-9a-f]{64})\.cacnk$/.exec(pathname) ?? [];
  if (!isChunkId(id) || !id.startsWith(folder ?? '-'))
    throw new GreifError('NOT_FOUND', 'a chunk is at /chunks/<first 4 digits>/<64 digits>.cacnk');
  return id;
};

const answerMany = async (
  chunks: ReadableChunks,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  if (!onlyMethods(request, response, ['POST'])) return;
  const ids = await readIds(request);
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  response.writeHead(200, { 'content-type': 'application/octet-stream' });
  for await (const frames of grouped(chunks.getMany(ids))) {
    if (gone.signal.aborted) return;
    if (!response.write(frames, () => freeNow(frames)))
      await once(response, 'drain', { signal: gone.signal });
  }
  response.end();
};

/** The body of `POST /chunks`; throws BAD_REQUEST before it holds more than the allowed number. */
const readIds = async (request: IncomingMessage): Promise<ChunkId[]> => {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > maximumIdsPerRequest * chunkIdBytes)
      throw new GreifError('BAD_REQUEST', `at most ${maximumIdsPerRequest} chunks in one request`);
    pieces.push(piece);
  }
  if (length % chunkIdBytes !== 0)
    throw new GreifError('BAD_REQUEST', `the body must be chunk ids of ${chunkIdBytes} bytes each`);
  const text = Buffer.concat(pieces).toString('hex');
  return (text.match(/.{64}/g) ?? []) as ChunkId[];
};

/** Frames joined to pieces that are worth a write, each in memory of its own. */
async function* grouped(all: AsyncIterable<Uint8Array | undefined>): AsyncGenerator<Buffer> {
  let group = Buffer.allocUnsafeSlow(writeBytes);
  let length = 0;
  for await (const packed of all) {
    const frameBytes = frameHeadBytes + (packed?.length ?? 0);
    if (length + frameBytes > writeBytes) {
      yield group.subarray(0, length);
      group = Buffer.allocUnsafeSlow(Math.max(writeBytes, frameBytes));
      length = 0;
    }
    group.writeUInt32BE(packed?.length ?? missingFrame, length);
    if (packed) group.set(packed, length + frameHeadBytes);
    length += frameBytes;
  }
  yield group.subarray(0, length);
}
