import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { zstdCompressSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { publishedImageSchema } from '../../src/api/contract/agent.ts';
import { errorBodySchema } from '../../src/api/contract/error.ts';
import { sha256Hex } from '../../src/core/ids.ts';
import { encodeUpload } from '../../src/delivery/upload-protocol.ts';
import { chunkId, packChunk } from '../../src/image/format/chunk.ts';
import { encodeIndex, encodeIndexItem } from '../../src/image/format/index-file.ts';
import type { ChunkId } from '../../src/image/ports.ts';
import { startCaptureAppliance } from '../agent/capture-appliance.ts';
import { disk, inventory, mac } from '../fleet/samples.ts';

const mebibyte = 2 ** 20;

/** A PC with a disk of 4 MiB that holds a capture order, as far as HTTP sees it. */
const started = async (t: ExecutionContext) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'greif-captures-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const appliance = await startCaptureAppliance(t, folder);
  const has = inventory([mac(1)], undefined, [{ ...disk('A'), sizeBytes: 4 * mebibyte }]);
  const session = await appliance.session(has);
  const order = await appliance.fleet.fileOrder(
    mac(1),
    { kind: 'capture', image: 'golden', options: {} },
    'test',
  );
  const post = (what: string, body: Buffer | string, as = session, id = order.id) =>
    fetch(`${appliance.url}/agent/v1/${what.replace('ORDER', `orders/${id}`)}`, {
      method: 'POST',
      headers: {
        ...(as && { authorization: `Bearer ${as}` }),
        'content-type': typeof body === 'string' ? 'application/json' : 'application/octet-stream',
      },
      body: typeof body === 'string' ? body : new Uint8Array(body),
    });
  const codeOf = async (answer: Response): Promise<string> =>
    errorBodySchema.parse(await answer.json()).error.code;
  const claim = () => post('claim', '{"waitSeconds":0}');
  const kept = async (): Promise<ChunkId[]> => Array.fromAsync(appliance.images.chunks.list());
  return { appliance, order, session, post, codeOf, claim, kept };
};

const chunkOf = async (bytes: Buffer) => ({ id: chunkId(bytes), packed: await packChunk(bytes) });

const upload = (chunks: readonly { id: ChunkId; packed: Buffer }[]): Buffer => {
  let at = 0;
  const ends = chunks.map(({ packed }) => (at += packed.length));
  return encodeUpload(
    chunks.map(({ id }) => id),
    Buffer.concat(chunks.map(({ packed }) => packed)),
    ends,
  );
};

test('only the PC that holds the capture order may bring anything, and only until the order ends', async (t) => {
  const { appliance, order, post, codeOf, claim, kept } = await started(t);
  const body = upload([await chunkOf(randomBytes(1000))]);
  t.is(await codeOf(await post('ORDER/chunks', body)), 'TOKEN_MISMATCH', 'not claimed yet');
  await claim();
  t.is(await codeOf(await post('ORDER/chunks', body, '')), 'TOKEN_INVALID');
  t.is(await codeOf(await post('ORDER/chunks', body, 'made-up')), 'TOKEN_INVALID');
  t.is(await codeOf(await post('ORDER/chunks', body, undefined, order.id + 1)), 'ORDER_NOT_FOUND');
  const other = await appliance.session(inventory([mac(2)]));
  t.is(await codeOf(await post('ORDER/lacking', Buffer.alloc(32), other)), 'TOKEN_MISMATCH');
  t.deepEqual(await kept(), []);
  t.is((await post('ORDER/chunks', body)).status, 204);
  t.is((await kept()).length, 1);
  await appliance.fleet.cancelOrder(order.id, 'test');
  t.is(await codeOf(await post('ORDER/chunks', body)), 'ORDER_CONFLICT');
  t.is(await codeOf(await post('ORDER/image', '{}')), 'BAD_REQUEST');
});

test('what is not what it says is refused, and nothing of it is kept', async (t) => {
  const { post, codeOf, claim, kept } = await started(t);
  await claim();
  const good = await chunkOf(randomBytes(1000));
  const wrong = { id: chunkId(Buffer.from('other')), packed: good.packed };
  const bomb = { id: good.id, packed: zstdCompressSync(Buffer.alloc(64 * mebibyte)) };
  const hostile: [string, Buffer][] = [
    ['another hash', upload([good, wrong])],
    ['no zstd', upload([{ id: good.id, packed: randomBytes(500) }])],
    ['a bomb', upload([bomb])],
    ['cut short', upload([good]).subarray(0, -1)],
    ['a length that no chunk has', Buffer.concat([Buffer.alloc(32), Buffer.from('7fffffff', 'hex')])],
    ['too many at once', upload(Array.from({ length: 257 }, () => good))],
  ];
  for (const [what, body] of hostile.slice(0, 5)) {
    t.is(await codeOf(await post('ORDER/chunks', body)), 'BAD_REQUEST', what);
    t.deepEqual(await kept(), [], what);
  }
  t.is(await codeOf(await post('ORDER/chunks', hostile[5]?.[1] ?? Buffer.alloc(0))), 'BAD_REQUEST');
  t.is(await codeOf(await post('ORDER/lacking', Buffer.alloc(31))), 'BAD_REQUEST');
  t.is(await codeOf(await post('ORDER/lacking', Buffer.alloc(4097 * 32))), 'BODY_TOO_LARGE');
  t.is(await codeOf(await post('ORDER/indexes', randomBytes(100))), 'INDEX_INVALID');
  const index = encodeIndex(encodeIndexItem(1000, chunkId(Buffer.from('never sent'))));
  t.is(await codeOf(await post('ORDER/indexes', index)), 'CHUNK_MISSING');
});

test('a PC cannot fill the store with more than its disk holds; many uploads at once are taken in turn', async (t) => {
  const { post, codeOf, claim } = await started(t);
  await claim();
  const chunks = await Promise.all(Array.from({ length: 24 }, () => chunkOf(randomBytes(mebibyte / 4))));
  const answers = await Promise.all(chunks.map((chunk) => post('ORDER/chunks', upload([chunk]))));
  const refused = answers.filter(({ status }) => status !== 204);
  t.is(refused.length, 4, 'five of six mebibytes fit a disk of four, and one beside it');
  for (const answer of refused) t.is(await codeOf(answer), 'BODY_TOO_LARGE');
});

test('what the store has is known; a chunk that went bad there is wanted again; an image needs all of its partitions', async (t) => {
  const { appliance, post, codeOf, claim, kept } = await started(t);
  await claim();
  const [one, other] = [await chunkOf(randomBytes(9000)), await chunkOf(Buffer.alloc(mebibyte / 4))];
  await appliance.images.chunks.put(one.id, one.packed);
  await appliance.images.chunks.put(other.id, randomBytes(100));
  const ids = Buffer.from(one.id + other.id, 'hex');
  t.is(Buffer.from(await (await post('ORDER/lacking', ids)).arrayBuffer()).toString('hex'), other.id);
  t.is((await post('ORDER/chunks', upload([other]))).status, 204);
  t.is((await (await post('ORDER/lacking', ids)).arrayBuffer()).byteLength, 0);
  t.true(other.packed.equals((await appliance.images.chunks.get(other.id)) ?? Buffer.alloc(0)));
  t.is((await kept()).length, 2);

  const index = encodeIndex(
    Buffer.concat([0, 1, 2, 3].map((item) => encodeIndexItem((item + 1) * (mebibyte / 4), other.id))),
  );
  const digest = Buffer.from(await (await post('ORDER/indexes', index)).arrayBuffer()).toString('hex');
  const head = { kind: 'head', firstByte: 0, sizeBytes: mebibyte, index: digest };
  const partition = { number: 1, firstByte: mebibyte, sizeBytes: mebibyte, type: '83' };
  const draft = {
    disk: { id: 'serial:A', sizeBytes: 4 * mebibyte },
    table: { scheme: 'mbr', diskId: '0', sectorBytes: 512, partitions: [partition] },
    volumes: [head],
  };
  const publish = (volumes: object[]) => post('ORDER/image', JSON.stringify({ ...draft, volumes }));
  t.is(await codeOf(await publish([head])), 'MANIFEST_INVALID');
  const root = { kind: 'partition', partition: 1, firstByte: mebibyte, sizeBytes: mebibyte, index: digest };
  t.is(await codeOf(await publish([head, { ...root, sizeBytes: 512 }])), 'MANIFEST_INVALID');
  t.is(await codeOf(await publish([head, { ...root, index: '0'.repeat(64) }])), 'INDEX_INVALID');
  t.deepEqual(await appliance.images.list(), []);
  const published = publishedImageSchema.parse(await (await publish([head, root])).json());
  t.is(published.image, 'golden@1');
  t.deepEqual(await (await publish([head, root])).json(), published, 'repeated, it is the same version');
});

test('an appliance that begins anew collects nothing of a capture that is under way, and does so when it has ended', async (t) => {
  const { appliance, order, post, claim, kept } = await started(t);
  await claim();
  const chunk = await chunkOf(randomBytes(9000));
  t.is((await post('ORDER/chunks', upload([chunk]))).status, 204);
  const items = encodeIndexItem(9000, chunk.id);
  t.is((await post('ORDER/indexes', encodeIndex(items))).status, 200);
  // As a removal leaves it while another process imports: whoever lets go collects.
  await writeFile(path.join(appliance.images.folder, 'removal-due'), '');
  await appliance.stop();
  await appliance.start();
  t.is(await appliance.images.collect(), undefined);
  t.deepEqual(await kept(), [chunk.id]);
  t.true(Buffer.isBuffer(await appliance.images.index(sha256Hex(encodeIndex(items)))));

  await appliance.fleet.cancelOrder(order.id, 'test');
  while (!(await appliance.images.collect())) await setImmediate();
  t.deepEqual(await kept(), []);
});
