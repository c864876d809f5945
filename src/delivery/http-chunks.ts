import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { backOff, type Retry, type RetryPolicy } from '../core/back-off.ts';
import { GreifError } from '../core/errors.ts';
import type { ChunkId, ChunkSource } from '../image/ports.ts';
import { ProtocolError, readFrames } from './frames.ts';
import { chunksPath } from './protocol.ts';

export interface HttpChunksOptions {
  /** `http://10.0.0.1:8080`; the chunks are below it at `/chunks`. */
  baseUrl: string;
  /** Ends everything, waiting included; what was pending throws the signal's reason. */
  signal?: AbortSignal;
  retry?: RetryPolicy;
  /** Told of each lost connection before the wait. */
  onRetry?: (retry: Retry) => void;
  idsPerRequest?: number;
  /** Requests sent ahead: their answers wait in the sockets' buffers, so that memory does not grow. */
  requestsInFlight?: number;
  /** A connection that is silent for so long is lost. */
  stallMilliseconds?: number;
}

/** A chunk as it came: not yet proven, and the caller's own. `undefined`: the appliance does not have it. */
export interface FetchedChunk {
  id: ChunkId;
  packed: Buffer | undefined;
}

export interface HttpChunks extends ChunkSource {
  /**
   * All of these chunks, in this order; `ids` is read as it is needed. A lost connection is retried until `signal` is aborted, and goes on
   * with the first chunk that is missing. Throws UNREACHABLE only for an answer that will not change (4xx, not our protocol).
   */
  stream(ids: Iterable<ChunkId>): AsyncGenerator<FetchedChunk>;
  /** Closes idle connections. */
  close(): void;
}

/** The client of `POST /chunks`. */
export const httpChunks = (options: HttpChunksOptions): HttpChunks => {
  const { baseUrl, signal, retry = backOff(), onRetry } = options;
  const { idsPerRequest = 64, requestsInFlight = 3, stallMilliseconds = 30_000 } = options;
  const agent = new http.Agent({ keepAlive: true, maxSockets: requestsInFlight + 1 });
  const address = new URL(baseUrl.replace(/\/$/, '') + chunksPath);

  const ask = (ids: readonly ChunkId[]): Asked => {
    const request = http.request(address, { method: 'POST', agent, timeout: stallMilliseconds });
    request.once('timeout', () => request.destroy(new Error(`no byte for ${stallMilliseconds / 1000} s`)));
    const answer = new Promise<http.IncomingMessage>((resolve, reject) => {
      request.once('response', resolve);
      request.on('error', reject);
    });
    answer.catch(() => {}); // met when its turn comes
    request.end(Buffer.from(ids.join(''), 'hex'));
    return { ids, answer, drop: () => void request.destroy() };
  };

  /** Waits before the next attempt, or throws when there is none to be made. */
  const pause = async (attempt: number, thrown: unknown): Promise<void> => {
    signal?.throwIfAborted();
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    if (error instanceof ProtocolError)
      throw new GreifError('UNREACHABLE', `${address.href} gives no chunks: ${error.message}`, {
        cause: error,
      });
    const delayMilliseconds = retry(attempt);
    onRetry?.({ attempt, delayMilliseconds, error });
    await sleep(delayMilliseconds, undefined, signal && { signal }).catch(() => signal?.throwIfAborted());
  };

  async function* deliver(asked: Asked): AsyncGenerator<FetchedChunk> {
    let attempt = 0;
    for (let current = asked; ; ) {
      let taken = 0;
      try {
        for await (const packed of readFrames(accepted(await current.answer))) {
          const id = current.ids[taken++];
          if (id === undefined) throw new ProtocolError('more chunks than were asked for');
          yield { id, packed };
        }
        if (taken === current.ids.length) return;
        throw new Error(`the answer ended ${current.ids.length - taken} chunks early`);
      } catch (thrown) {
        current.drop();
        attempt = taken > 0 ? 1 : attempt + 1;
        await pause(attempt, thrown);
        current = ask(current.ids.slice(taken));
      }
    }
  }

  async function* stream(ids: Iterable<ChunkId>): AsyncGenerator<FetchedChunk> {
    const waiting = batches(ids, idsPerRequest);
    const asked: Asked[] = [];
    const fill = (): void => {
      while (asked.length < requestsInFlight) {
        const next = waiting.next();
        if (next.done) return;
        asked.push(ask(next.value));
      }
    };
    const stop = () => asked.forEach((one) => void one.drop());
    signal?.addEventListener('abort', stop);
    try {
      for (fill(); asked[0]; asked.shift(), fill()) {
        signal?.throwIfAborted();
        yield* deliver(asked[0]);
      }
    } finally {
      signal?.removeEventListener('abort', stop);
      stop();
    }
  }

  return {
    stream,
    async get(id) {
      for await (const { packed } of stream([id])) return packed;
      return undefined;
    },
    close: () => agent.destroy(),
  };
};

interface Asked {
  ids: readonly ChunkId[];
  answer: Promise<http.IncomingMessage>;
  drop(): void;
}

/** 4xx will not get better; anything else but 200 may (an appliance that is just starting). */
const accepted = (answer: http.IncomingMessage): http.IncomingMessage => {
  const status = answer.statusCode ?? 0;
  if (status === 200) return answer;
  answer.resume();
  const problem = `the answer has status ${status}`;
  throw status >= 400 && status < 500 && status !== 408 && status !== 429
    ? new ProtocolError(problem)
    : new Error(problem);
};

function* batches(ids: Iterable<ChunkId>, size: number): Generator<ChunkId[], undefined> {
  let batch: ChunkId[] = [];
  for (const id of ids) {
    batch.push(id);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
