import test from 'ava';
import { backOff, type Retry } from '../../src/core/back-off.ts';
import { silentLog } from '../../src/core/log.ts';
import { createChunkRoutes } from '../../src/delivery/chunk-routes.ts';
import { httpChunks } from '../../src/delivery/http-chunks.ts';
import type { ChunkId } from '../../src/image/ports.ts';
import { freePort } from '../free-port.ts';
import { type SampleChunks, sampleChunks } from './sample-chunks.ts';
import { serve, serveChunks } from './serve.ts';

const soon = () => 5;
const missing = '0'.repeat(64) as ChunkId;

/** Takes the whole stream and holds it against what was asked for. */
const isWhole = async (
  stream: AsyncIterable<{ id: ChunkId; packed: Buffer | undefined }>,
  { ids, packed }: SampleChunks,
  onChunk: (count: number) => unknown = () => {},
): Promise<boolean> => {
  let count = 0;
  for await (const chunk of stream) {
    const wanted = ids[count++];
    if (chunk.id !== wanted || !packed.get(wanted)?.equals(chunk.packed ?? Buffer.alloc(0))) return false;
    await onChunk(count);
  }
  return count === ids.length;
};

test('streams many chunks in order, over several requests', async (t) => {
  const chunks = await sampleChunks(200);
  const { url } = await serveChunks(t, chunks);
  const client = httpChunks({ baseUrl: `${url}/`, idsPerRequest: 7 });
  t.teardown(client.close);
  t.true(await isWhole(client.stream(chunks.ids), chunks));
  t.true(
    (await client.get(chunks.ids[3] ?? missing))?.length ===
      chunks.packed.get(chunks.ids[3] ?? missing)?.length,
  );
  t.is(await client.get(missing), undefined);
  for await (const _ of client.stream([])) t.fail();
});

test('asks for no more than it has requests in flight', async (t) => {
  const chunks = await sampleChunks(100);
  const { url } = await serveChunks(t, chunks);
  let taken = 0;
  const ids = function* () {
    for (const id of chunks.ids) {
      taken++;
      yield id;
    }
  };
  const client = httpChunks({ baseUrl: url, idsPerRequest: 5, requestsInFlight: 2 });
  t.teardown(client.close);
  const stream = client.stream(ids());
  await stream.next();
  t.is(taken, 10);
  await stream.return(undefined);
});

test('a lost appliance: waits, reports, and goes on where it was', async (t) => {
  const chunks = await sampleChunks(300);
  let served = 0;
  const counting = {
    get: async (id: ChunkId) => {
      served++;
      return chunks.get(id);
    },
  };
  const first = await serveChunks(t, counting, await freePort());
  const retries: Retry[] = [];
  let again: Promise<unknown> | undefined;
  const onRetry = (retry: Retry) => {
    retries.push(retry);
    if (retry.attempt === 3) again ??= serveChunks(t, counting, first.port);
  };
  const client = httpChunks({ baseUrl: first.url, idsPerRequest: 40, retry: soon, onRetry });
  t.teardown(client.close);
  const whole = await isWhole(client.stream(chunks.ids), chunks, (count) => count === 60 && first.stop());
  t.true(whole);
  t.true(retries.length >= 3);
  t.regex(String(retries[0]?.error), /.+/);
  t.true(served < 300 + 200, `${served} chunks served for 300: what had arrived was not asked for again`);
  await again;
});

test('an answer that breaks off again and again still comes together', async (t) => {
  const chunks = await sampleChunks(60);
  let answers = 0;
  const { url } = await serve(t, (request, response) => {
    const asked: Buffer[] = [];
    request.on('data', (piece) => asked.push(piece));
    request.on('end', () => {
      const ids = (Buffer.concat(asked).toString('hex').match(/.{64}/g) ?? []) as ChunkId[];
      const frames = ids.map((id) => {
        const packed = chunks.packed.get(id) ?? Buffer.alloc(0);
        const head = Buffer.alloc(4);
        head.writeUInt32BE(packed.length);
        return Buffer.concat([head, packed]);
      });
      const all = Buffer.concat(frames);
      const part = all.subarray(0, Math.min(all.length, 90_001));
      response.write(part, () => {
        if (part.length === all.length) response.end();
        else if (answers++ % 2) response.destroy();
        else response.end();
      });
    });
  });
  const retries: number[] = [];
  const client = httpChunks({ baseUrl: url, retry: soon, onRetry: ({ attempt }) => retries.push(attempt) });
  t.teardown(client.close);
  t.true(await isWhole(client.stream(chunks.ids), chunks));
  t.true(retries.length > 5);
  t.deepEqual([...new Set(retries)], [1]);
});

test('a connection that falls silent is given up and tried again', async (t) => {
  const chunks = await sampleChunks(5);
  const routes = createChunkRoutes({ chunks, log: silentLog });
  let requests = 0;
  const { url } = await serve(t, (request, response) => {
    if (requests++ > 0) routes(request, response);
  });
  const lost: string[] = [];
  const onRetry = ({ error }: Retry) => void lost.push(error.message);
  const client = httpChunks({ baseUrl: url, stallMilliseconds: 500, retry: soon, onRetry });
  t.teardown(client.close);
  t.true(await isWhole(client.stream(chunks.ids), chunks));
  t.deepEqual(lost.slice(0, 1), ['no byte for 0.5 s']);
});

test('an appliance that is starting (503) is asked again, one that refuses (404) is not', async (t) => {
  const chunks = await sampleChunks(2);
  const status = [503, 502, 404];
  const { url } = await serve(t, (_, response) => void response.writeHead(status.shift() ?? 500).end());
  const seen: string[] = [];
  const client = httpChunks({ baseUrl: url, retry: soon, onRetry: ({ error }) => seen.push(error.message) });
  t.teardown(client.close);
  await t.throwsAsync(isWhole(client.stream(chunks.ids), chunks), {
    code: 'UNREACHABLE',
    message: /gives no chunks: the answer has status 404/,
  });
  t.deepEqual(seen, ['the answer has status 503', 'the answer has status 502']);
});

test('frames that cannot be are refused, not stored', async (t) => {
  const chunks = await sampleChunks(1);
  const huge = Buffer.alloc(100);
  huge.writeUInt32BE(500_000_000);
  for (const body of [huge, Buffer.alloc(12)]) {
    const { url } = await serve(t, (_, response) => void response.end(body));
    const client = httpChunks({ baseUrl: url, retry: soon });
    t.teardown(client.close);
    await t.throwsAsync(
      (async () => {
        for await (const _ of client.stream(chunks.ids));
      })(),
      { code: 'UNREACHABLE' },
    );
  }
});

test('an aborted client stops waiting and streaming', async (t) => {
  const chunks = await sampleChunks(50);
  const { url } = await serveChunks(t, chunks);
  const stop = new AbortController();
  const client = httpChunks({ baseUrl: url, idsPerRequest: 5, signal: stop.signal });
  t.teardown(client.close);
  await t.throwsAsync(
    isWhole(client.stream(chunks.ids), chunks, (count) => count === 20 && stop.abort(new Error('cancelled'))),
    { message: 'cancelled' },
  );
  const waiting = new AbortController();
  const nobody = httpChunks({
    baseUrl: 'http://127.0.0.1:1',
    retry: () => 60_000,
    signal: waiting.signal,
    onRetry: () => setImmediate(() => waiting.abort(new Error('cancelled'))),
  });
  t.teardown(nobody.close);
  await t.throwsAsync(nobody.get(missing), { message: 'cancelled' });
});

test('the back-off doubles to 15 s, and a random half keeps a room apart', (t) => {
  const delays = (random: number) => [1, 2, 3, 7, 50, 2000].map(backOff(() => random));
  t.deepEqual(delays(1), [250, 500, 1000, 15_000, 15_000, 15_000]);
  t.deepEqual(delays(0), [125, 250, 500, 7500, 7500, 7500]);
});
