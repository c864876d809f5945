import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import type { z } from 'zod';
import {
  type CapturedImage,
  type CheckedIn,
  type CheckIn,
  type Claimed,
  checkedInSchema,
  claimedSchema,
  type Evidence,
  type Failure,
  type OrderStatus,
  orderStatusSchema,
  type Progress,
  type PublishedImage,
  publishedImageSchema,
} from '../api/contract/agent.ts';
import { errorBodySchema } from '../api/contract/error.ts';
import { asGreifError, GreifError, isErrorCode } from '../core/errors.ts';
import { sha256Hex } from '../core/ids.ts';
import { joinIds, splitIds, type UploadKind, uploadPath } from '../delivery/upload-protocol.ts';
import type { ChunkId } from '../image/ports.ts';
import type { TakeBytes } from './system/windows/driver-source.ts';

const answerWithinMs = 30_000;
const claimWaitSeconds = 25;
/** A graphics driver is a gigabyte, and the room's network may be busy. */
const driverWithinMs = 30 * 60_000;

/** One attempt at each call of `api/contract/agent.ts`. Throws the appliance's own code, or UNREACHABLE: worth another try. */
export interface Appliance {
  checkIn(body: CheckIn, signal: AbortSignal): Promise<CheckedIn>;
  /** As the session that a check-in gave. */
  as(session: string): ApplianceSession;
}

export interface ApplianceSession {
  /** Waits a while for an order; `undefined`: none yet. */
  claim(signal: AbortSignal): Promise<Claimed | undefined>;
  /** The index file; throws INDEX_INVALID when its bytes are not those of that digest. */
  index(digest: string, signal: AbortSignal): Promise<Buffer>;
  /** The text that describes a driver package. */
  driver(name: string, signal: AbortSignal): Promise<string>;
  /** A file of a driver package, handed on as it comes. */
  driverFile(name: string, digest: string, take: TakeBytes, signal: AbortSignal): Promise<void>;
  progress(orderId: number, body: Progress, signal: AbortSignal): Promise<OrderStatus>;
  /** Of these chunks, those that the store lacks. */
  lacking(orderId: number, ids: readonly ChunkId[], signal: AbortSignal): Promise<ChunkId[]>;
  /** Packed chunks, encoded by `encodeUpload`; they are durable when it returns. */
  sendChunks(orderId: number, upload: Buffer, signal: AbortSignal): Promise<void>;
  /** The digest under which the appliance keeps the index. */
  sendIndex(orderId: number, file: Buffer, signal: AbortSignal): Promise<string>;
  publish(orderId: number, body: CapturedImage, signal: AbortSignal): Promise<PublishedImage>;
  complete(orderId: number, body: Evidence, signal: AbortSignal): Promise<OrderStatus>;
  fail(orderId: number, body: Failure, signal: AbortSignal): Promise<OrderStatus>;
}

const unreachable = (server: string, problem: string, cause?: unknown): GreifError =>
  new GreifError('UNREACHABLE', `the appliance at ${server} ${problem}`, { cause });

/** The appliance's refusal under its own code. Its 5xx are troubles that pass: a restart, a full disk. */
const refusal = async (server: string, response: Response): Promise<GreifError> => {
  const body = errorBodySchema.safeParse(await response.json().catch(() => undefined));
  const { code, message } = body.data?.error ?? { code: '', message: `answers ${response.status}` };
  if (response.status >= 500 && (code === '' || code === 'INTERNAL'))
    return unreachable(server, `is in trouble: ${message}`);
  return new GreifError(isErrorCode(code) ? code : 'INTERNAL', message);
};

const reasonOf = (error: unknown): string => {
  const { message, cause } = error as { message?: string; cause?: { code?: string; message?: string } };
  return cause?.code ?? cause?.message ?? message ?? String(error);
};

/** What the taker fails with is no trouble of the connection: to ask again would not help. */
const takeBody = async (
  response: Response,
  take: (bytes: AsyncIterable<Uint8Array>) => Promise<void>,
): Promise<void> => {
  let broken: unknown;
  const body = async function* () {
    try {
      yield* Readable.fromWeb(response.body ?? new ReadableStream());
    } catch (error) {
      broken = error;
      throw error;
    }
  };
  await take(body()).catch((error) => {
    if (error === broken || error instanceof GreifError) throw error;
    throw new GreifError('STEP_FAILED', `the file cannot be kept: ${asGreifError(error).message}`, {
      cause: error,
    });
  });
};

export const connectAppliance = (server: string): Appliance => {
  /** One call; what its answer is used for counts as part of it. */
  const call = async <Result>(
    path: string,
    init: RequestInit,
    { signal, withinMs }: { signal: AbortSignal; withinMs: number },
    use: (response: Response) => Promise<Result>,
  ): Promise<Result> => {
    const bothSignals = AbortSignal.any([signal, AbortSignal.timeout(withinMs)]);
    try {
      const response = await fetch(`${server}/agent/v1/${path}`, { ...init, signal: bothSignals });
      if (!response.ok) throw await refusal(server, response);
      return await use(response);
    } catch (error) {
      if (error instanceof GreifError) throw error;
      signal.throwIfAborted();
      throw unreachable(server, `cannot be reached (${reasonOf(error)})`, error);
    }
  };

  const ask = (path: string, init: RequestInit, signal: AbortSignal, withinMs = answerWithinMs) =>
    call(path, init, { signal, withinMs }, async (response) => ({
      status: response.status,
      body: Buffer.from(await response.arrayBuffer()),
    }));

  const read = <Schema extends z.ZodType>(schema: Schema, body: Buffer): z.output<Schema> => {
    try {
      return schema.parse(JSON.parse(body.toString()));
    } catch (cause) {
      throw unreachable(server, 'answers something else than was asked: is this the right address?', cause);
    }
  };

  const post = (path: string, body: object, signal: AbortSignal, session?: string, withinMs?: number) => {
    const headers: Record<string, string> = { 'content-type': 'application/json' };
    if (session) headers['authorization'] = `Bearer ${session}`;
    return ask(path, { method: 'POST', headers, body: JSON.stringify(body) }, signal, withinMs);
  };

  const as = (session: string): ApplianceSession => {
    const headers = { authorization: `Bearer ${session}` };
    const report = async (orderId: number, what: string, body: object, signal: AbortSignal) =>
      read(orderStatusSchema, (await post(`orders/${orderId}/${what}`, body, signal, session)).body);
    const bring = async (orderId: number, kind: UploadKind, body: Buffer, signal: AbortSignal) => {
      const headers = { authorization: `Bearer ${session}`, 'content-type': 'application/octet-stream' };
      const init = { method: 'POST', headers, body: new Uint8Array(body) };
      return (await ask(uploadPath(orderId, kind), init, signal, 10 * answerWithinMs)).body;
    };
    return {
      async lacking(orderId, ids, signal) {
        return splitIds(await bring(orderId, 'lacking', joinIds(ids), signal));
      },
      async sendChunks(orderId, upload, signal) {
        await bring(orderId, 'chunks', upload, signal);
      },
      async sendIndex(orderId, file, signal) {
        return (await bring(orderId, 'indexes', file, signal)).toString('hex');
      },
      async publish(orderId, body, signal) {
        const answer = await post(`orders/${orderId}/image`, body, signal, session, 10 * answerWithinMs);
        return read(publishedImageSchema, answer.body);
      },
      async claim(signal) {
        const wait = { waitSeconds: claimWaitSeconds };
        const within = claimWaitSeconds * 1000 + answerWithinMs;
        const { status, body } = await post('claim', wait, signal, session, within);
        return status === 204 ? undefined : read(claimedSchema, body);
      },
      async index(digest, signal) {
        const { body } = await ask(`indexes/${digest}`, { headers }, signal, 10 * answerWithinMs);
        if (sha256Hex(body) !== digest)
          throw new GreifError(
            'INDEX_INVALID',
            `the index ${digest} came with other bytes: import the image again`,
          );
        return body;
      },
      async driver(name, signal) {
        return (await ask(`drivers/${name}`, { headers }, signal, 10 * answerWithinMs)).body.toString();
      },
      driverFile: (name, digest, take, signal) =>
        call(
          `drivers/${name}/files/${digest}`,
          { headers },
          { signal, withinMs: driverWithinMs },
          (response) => takeBody(response, take),
        ),
      progress: (orderId, body, signal) => report(orderId, 'progress', body, signal),
      complete: (orderId, body, signal) => report(orderId, 'complete', body, signal),
      fail: (orderId, body, signal) => report(orderId, 'fail', body, signal),
    };
  };

  return {
    as,
    checkIn: async (body, signal) => read(checkedInSchema, (await post('check-in', body, signal)).body),
  };
};
