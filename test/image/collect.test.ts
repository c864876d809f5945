import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { chunkId, packChunk } from '../../src/image/format/chunk.ts';
import { collectGarbage } from '../../src/image/packs/collect.ts';
import type { PackStore } from '../../src/image/packs/pack-store.ts';
import { planCollection } from '../../src/image/packs/plan-collection.ts';
import type { ChunkId } from '../../src/image/ports.ts';
import { flipBit, packFile } from './pack-files.ts';
import { packsIn } from './packs-in.ts';
import { temporaryFolder } from './temporary-folder.ts';

const packBytes = 60_000;

const make = async (sizeBytes = 2000) => {
  const bytes = randomBytes(sizeBytes);
  return { id: chunkId(bytes), packed: await packChunk(bytes) };
};

const putMany = async (store: PackStore, count: number) => {
  const chunks = await Promise.all(Array.from({ length: count }, () => make()));
  await Promise.all(chunks.map(({ id, packed }) => store.put(id, packed)));
  return chunks;
};

async function* idsOf(ids: Iterable<ChunkId>) {
  yield [...ids].map((id) => Buffer.from(id, 'hex'));
}

const sizeOf = (store: PackStore): number => store.shelf.packs.reduce((sum, { end }) => sum + end, 0);

test('the plan: what is empty goes, what has much garbage or is small is rewritten, the rest stays', (t) => {
  const pack = (name: string, sizeBytes: number, liveBytes: number) => ({ name, sizeBytes, liveBytes });
  const packs = [
    pack('empty', 900, 0),
    pack('full', 1000, 1000),
    pack('half', 1000, 500),
    pack('most', 1000, 800),
  ];
  t.deepEqual(planCollection(packs, 1000), { remove: ['empty'], rewrite: ['half'] });
  t.deepEqual(planCollection([pack('small', 100, 100), pack('full', 1000, 1000)], 1000).rewrite, []);
  t.deepEqual(planCollection([pack('small', 100, 90)], 1000).rewrite, ['small']);
  t.deepEqual(planCollection([pack('a', 100, 100), pack('b', 200, 200)], 1000).rewrite, ['a', 'b']);
});

test('what is needed is kept, in its order; the rest gives its room back; a second time there is nothing to do', async (t) => {
  const folder = await temporaryFolder(t);
  const store = await packsIn(folder, { packBytes });
  const chunks: Awaited<ReturnType<typeof make>>[] = [];
  for (let round = 0; round < 10; round++) chunks.push(...(await putMany(store, 20)));
  const needed = chunks.filter((_, position) => position % 3 === 0);
  const before = sizeOf(store);
  const done = await collectGarbage(store, idsOf(needed.map(({ id }) => id)), packBytes);
  t.true(done.rewrittenPacks > 3 && done.copiedChunks === needed.length, JSON.stringify(done));
  t.true(sizeOf(store) < before * 0.4);
  for (const { id, packed } of needed) t.true(packed.equals((await store.get(id)) as Buffer));
  t.deepEqual(
    await Array.fromAsync(store.list()),
    needed.map(({ id }) => id),
  );
  t.is(
    (await collectGarbage(store, idsOf(needed.map(({ id }) => id)), packBytes)).copiedChunks < needed.length,
    true,
  );
  const again = await packsIn(folder);
  for (const { id, packed } of needed) t.true(packed.equals((await again.get(id)) as Buffer));
  await collectGarbage(store, idsOf([]), packBytes);
  t.deepEqual(await readdir(path.join(folder, 'packs')), []);
});

test('what somebody who holds has asked for or put stays until then, also over several collections', async (t) => {
  const store = await packsIn(await temporaryFolder(t), { packBytes });
  const [asked, unasked] = await putMany(store, 2);
  const held = store.pins.hold();
  t.true(await store.has(asked?.id as ChunkId));
  const [put] = await putMany(store, 1);
  for (let round = 0; round < 3; round++) {
    await collectGarbage(store, idsOf([]), packBytes);
    t.true(await store.has(asked?.id as ChunkId));
    t.true(await store.has(put?.id as ChunkId));
    t.false(await store.has(unasked?.id as ChunkId));
  }
  held.release();
  await collectGarbage(store, idsOf([]), packBytes);
  t.false(await store.has(asked?.id as ChunkId));
});

test('a pack with a chunk that cannot be read is left and named', async (t) => {
  const folder = await temporaryFolder(t);
  const store = await packsIn(folder, { packBytes });
  const chunks = await putMany(store, 6);
  await store.writer.seal();
  const { pack, entry } = store.shelf.table.find(chunks[4]?.id as ChunkId) ?? t.fail();
  await flipBit(packFile(folder, pack.name), pack.offset(entry) + 100);
  const needed = chunks.slice(3).map(({ id }) => id);
  const done = await collectGarbage(store, idsOf(needed), packBytes);
  t.deepEqual(done.damagedPacks, [pack.name]);
  for (const { id } of chunks) t.true(await store.has(id));
});

/**
 * A capture: asks for chunks of a common pool, puts what is missing, and at its end finds all of them there. Others do the same, and garbage is collected all the
 * time; what was published stays until it is removed.
 */
const stress = async (t: ExecutionContext, store: PackStore) => {
  const pool = await Promise.all(Array.from({ length: 300 }, () => make(1500)));
  const published = new Map<number, ChunkId[]>();
  let [captures, collections, next] = [0, 0, 0];
  const running = () => captures < 12 || collections < 4;
  const capture = async () => {
    while (running()) {
      const hold = store.pins.hold();
      const ids: ChunkId[] = [];
      for (let count = 0; count < 40; count++) {
        const chunk = pool[Math.floor(Math.random() * pool.length)] ?? t.fail();
        if (!(await store.has(chunk.id))) await store.put(chunk.id, chunk.packed);
        ids.push(chunk.id);
      }
      for (const id of ids)
        if (!(await store.get(id))) t.fail(`a chunk that a capture counts on is gone: ${id}`);
      published.set(next++, ids);
      hold.release();
      captures++;
      if (published.size > 4) published.delete([...published.keys()][0] ?? 0);
    }
  };
  const collect = async () => {
    while (running()) {
      // As the image store does: what is published is looked up when the ids are asked for.
      const needed = async function* () {
        for (const ids of [...published.values()]) yield* idsOf(ids);
      };
      await collectGarbage(store, needed(), packBytes);
      for (const ids of published.values())
        for (const id of ids) if (!(await store.has(id))) t.fail(`lost ${id}`);
      collections++;
    }
  };
  await Promise.all([capture(), capture(), capture(), collect()]);
  return published;
};

test('captures at the same time as collecting: nothing that anybody counts on is lost', async (t) => {
  const folder = await temporaryFolder(t);
  const store = await packsIn(folder, { packBytes });
  const published = await stress(t, store);
  const again = await packsIn(folder);
  for (const ids of published.values()) for (const id of ids) t.truthy(await again.get(id));
});

test('SIGKILL while garbage is collected loses nothing that is needed', async (t) => {
  const folder = await temporaryFolder(t);
  const store = await packsIn(folder, { packBytes });
  const needed: ChunkId[] = [];
  for (let round = 0; round < 6; round++)
    for (const [position, { id }] of (await putMany(store, 20)).entries())
      if (position % 2 === 0) needed.push(id);
  await store.close();
  for (let round = 0; round < 8; round++) {
    const collector = fork(path.join(import.meta.dirname, 'pack-collect-process.ts'), [
      folder,
      needed.join(','),
    ]);
    for (let collected = 0; collected <= round % 3; collected++) await once(collector, 'message');
    setTimeout(() => collector.kill('SIGKILL'), Math.random() * 100);
    await once(collector, 'close');
    const opened = await packsIn(folder, { packBytes });
    for (const id of needed) t.truthy(await opened.get(id), `round ${round} lost ${id}`);
    // Garbage for the next round.
    await putMany(opened, 20);
    await opened.close();
  }
});
