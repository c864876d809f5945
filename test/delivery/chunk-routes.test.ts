import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import test from 'ava';
import { GreifError } from '../../src/core/errors.ts';
import { silentLog } from '../../src/core/log.ts';
import { createChunkRoutes } from '../../src/delivery/chunk-routes.ts';
import { chunkId, packChunk } from '../../src/image/format/chunk.ts';
import { chunkEnd } from '../../src/image/format/chunker.ts';
import { encodeIndex, encodeIndexItem } from '../../src/image/format/index-file.ts';
import type { ChunkId, ChunkSource } from '../../src/image/ports.ts';
import { packsIn } from '../image/packs-in.ts';
import { tool } from '../image/tool.ts';
import { sampleChunks } from './sample-chunks.ts';
import { serve, serveChunks } from './serve.ts';

const post = (url: string, ids: readonly ChunkId[]) =>
  fetch(`${url}/chunks`, { method: 'POST', body: Buffer.from(ids.join(''), 'hex') });

const missing = '0'.repeat(64) as ChunkId;

test('casync extracts a volume over HTTP', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'greif-delivery-test-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const store = await packsIn(folder);
  const volume = Buffer.concat([randomBytes(500_000), Buffer.alloc(600_000), randomBytes(10)]);
  const items: Buffer[] = [];
  for (let at = 0; at < volume.length; ) {
    const end = chunkEnd(volume, at);
    const id = chunkId(volume.subarray(at, end));
    await store.put(id, await packChunk(volume.subarray(at, end)));
    items.push(encodeIndexItem(end, id));
    at = end;
  }
  await writeFile(path.join(folder, 'a.caibx'), encodeIndex(Buffer.concat(items)));
  const { url } = await serveChunks(t, store);
  const args = [`--store=${url}/chunks`, '--seed-output=no', `${folder}/a.caibx`, `${folder}/out`];
  await tool('casync', 'extract', ...args);
  t.true(volume.equals(await readFile(path.join(folder, 'out'))));
});

test('many chunks in one answer, in the order asked, the missing marked', async (t) => {
  const chunks = await sampleChunks(3);
  const { url } = await serveChunks(t, chunks);
  const [a, b, c] = chunks.ids as [ChunkId, ChunkId, ChunkId];
  const answer = await post(url, [c, missing, a, a, b]);
  t.is(answer.status, 200);
  const frame = (id: ChunkId) => {
    const packed = chunks.packed.get(id) ?? Buffer.alloc(0);
    const head = Buffer.alloc(4);
    head.writeUInt32BE(packed.length);
    return Buffer.concat([head, packed]);
  };
  const wanted = [frame(c), Buffer.alloc(4, 0xff), frame(a), frame(a), frame(b)];
  t.true(Buffer.concat(wanted).equals(Buffer.from(await answer.arrayBuffer())));
  t.is((await (await post(url, [])).arrayBuffer()).byteLength, 0);
});

test('bodies that are no list of ids, or too long a one, are refused', async (t) => {
  const chunks = await sampleChunks(1);
  const { url } = await serveChunks(t, chunks);
  const send = (body: Buffer) => fetch(`${url}/chunks`, { method: 'POST', body });
  for (const length of [1, 31, 33, 32 * 4097]) {
    const answer = await send(Buffer.alloc(length));
    t.is(answer.status, 400);
    t.like(await answer.json(), { error: { code: 'BAD_REQUEST' } });
  }
  t.is((await send(Buffer.alloc(32 * 4096))).status, 200);
});

test('other methods and addresses', async (t) => {
  const chunks = await sampleChunks(1);
  const { url } = await serveChunks(t, chunks);
  const id = chunks.ids[0] ?? missing;
  const at = `${url}/chunks/${id.slice(0, 4)}/${id}.cacnk`;
  const status = async (address: string, method = 'GET') => (await fetch(address, { method })).status;
  t.is(await status(at), 200);
  t.is(await status(at, 'HEAD'), 200);
  t.is(await status(at, 'DELETE'), 405);
  t.is(await status(`${url}/chunks`), 405);
  t.is(await status(`${url}/chunks/0000/${missing}.cacnk`), 404);
  t.is(await status(`${url}/chunks/ffff/${id}.cacnk`), 404);
  t.is(await status(`${url}/chunks/..%2f..%2fetc%2fpasswd`), 404);
  t.is(await status(`${url}//`), 418);
  t.is(await status(`${at}?why=not`), 200);
  t.is(await status(`${url}/chunksomething`), 418);
  t.is(await status(`${url}/elsewhere`), 418);
});

test('a chunk that the disk cannot read counts as missing; another failure ends the answer', async (t) => {
  const chunks = await sampleChunks(2);
  const [good, bad] = chunks.ids as [ChunkId, ChunkId];
  const failWith = (error: Error) =>
    serveChunks(t, { get: async (id) => (id === bad ? Promise.reject(error) : chunks.get(id)) });
  const unreadable = await failWith(new GreifError('CHUNK_CORRUPT', 'the disk cannot read it'));
  const bytes = Buffer.from(await (await post(unreadable.url, [bad, good])).arrayBuffer());
  t.is(bytes.readUInt32BE(0), 0xffffffff);
  t.is(bytes.length, 8 + (chunks.packed.get(good)?.length ?? 0));
  const broken = await failWith(new Error('too many open files'));
  await t.throwsAsync(post(broken.url, [good, bad]).then((answer) => answer.arrayBuffer()));
});

test('a slow reader holds up its own answer and little memory; one that goes away ends it', async (t) => {
  const chunks = await sampleChunks(1, 200_000);
  const id = chunks.ids[0] ?? missing;
  let read = 0;
  const counting: ChunkSource = {
    get: (wanted) => {
      read++;
      return chunks.get(wanted);
    },
  };
  const routes = createChunkRoutes({ chunks: counting, log: silentLog });
  const answering = Promise.withResolvers<ServerResponse>();
  const { port } = await serve(t, (request, response) => {
    routes(request, response);
    answering.resolve(response);
  });
  const socket = net.connect(port, '127.0.0.1').on('error', () => {});
  const body = Buffer.from(id.repeat(4096), 'hex');
  socket.write(`POST /chunks HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n`);
  socket.write(body);
  const response = await answering.promise;
  const closed = once(response, 'close');
  // The kernel's buffers take some first: the server is held up when a whole turn of its loop brings nothing more.
  for (let before = -1; before !== read || !response.writableNeedDrain; await setTimeout(100)) before = read;
  t.true(read < 400, `${read} of 4096 chunks read for a reader that does not read`);
  const heldAt = read;
  socket.destroy();
  await closed;
  await setTimeout(100);
  t.is(read, heldAt);
});
