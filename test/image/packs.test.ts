import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { appendFile, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { GreifError } from '../../src/core/errors.ts';
import { chunkId, packChunk } from '../../src/image/format/chunk.ts';
import { encodeRecordHead, recordHeadBytes } from '../../src/image/packs/pack-format.ts';
import { openPackStore, type PackStore } from '../../src/image/packs/pack-store.ts';
import type { ChunkId, ObjectStore } from '../../src/image/ports.ts';
import { directoryObjects } from '../../src/image/store/directory-objects.ts';
import { spaceGuard } from '../../src/image/store/free-space.ts';
import { flipBit, packFile, recordOf } from './pack-files.ts';
import { packsIn } from './packs-in.ts';
import { temporaryFolder } from './temporary-folder.ts';

const make = async (sizeBytes = 3000) => {
  const bytes = randomBytes(sizeBytes);
  return { id: chunkId(bytes), packed: await packChunk(bytes) };
};

const putMany = async (store: PackStore, count: number, sizeBytes = 3000) => {
  const chunks = await Promise.all(Array.from({ length: count }, () => make(sizeBytes)));
  // One after the other in arrival, all synced together.
  await Promise.all(chunks.map(({ id, packed }) => store.put(id, packed)));
  return chunks;
};

const assertThere = async (
  t: ExecutionContext,
  store: PackStore,
  chunks: readonly { id: ChunkId; packed: Buffer }[],
) => {
  for (const { id, packed } of chunks) t.true(packed.equals((await store.get(id)) ?? Buffer.alloc(0)), id);
};

test('full packs are sealed, in the order of arrival, and all is found after opening again', async (t) => {
  const folder = await temporaryFolder(t);
  const store = await packsIn(folder, { packBytes: 100_000 });
  const chunks: Awaited<ReturnType<typeof make>>[] = [];
  for (let round = 0; round < 12; round++) chunks.push(...(await putMany(store, 10)));
  t.true((await readdir(path.join(folder, 'packs'))).length >= 3);
  t.true((await readdir(path.join(folder, 'open'))).length <= 1);
  await store.close();
  const again = await packsIn(folder);
  await assertThere(t, again, chunks);
  t.deepEqual((await Array.fromAsync(again.list())).sort(), chunks.map(({ id }) => id).sort());
  const sealed = again.shelf.packs
    .filter(({ place }) => place.kind === 'sealed')
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const inOrder = sealed.flatMap((pack) => Array.from({ length: pack.count }, (_, entry) => pack.id(entry)));
  t.deepEqual(
    inOrder,
    chunks.slice(0, inOrder.length).map(({ id }) => id),
  );
});

test('many in their order: few reads, the missing and the damaged told apart', async (t) => {
  const folder = await temporaryFolder(t);
  let reads = 0;
  const directory = await directoryObjects(folder);
  const objects: ObjectStore = {
    ...directory,
    read: (...args) => {
      reads++;
      return directory.read(...args);
    },
  };
  const store = await packsIn(folder, { objects });
  const chunks = await putMany(store, 60);
  await store.writer.seal();
  const missing = 'ab'.repeat(32) as ChunkId;
  const damaged = chunks[7]?.id as ChunkId;
  const { pack, entry } = store.shelf.table.find(damaged) ?? t.fail();
  await flipBit(packFile(folder, pack.name), pack.offset(entry) + recordHeadBytes + 40);
  reads = 0;
  const wanted = [...chunks.map(({ id }) => id), missing, chunks[3]?.id as ChunkId];
  // Bytes are lent until the next chunk.
  const found = await Array.fromAsync(store.getMany(wanted), (one) =>
    one instanceof Uint8Array ? Buffer.from(one) : one,
  );
  t.is(found.length, 62);
  for (const [position, { packed, id }] of chunks.entries())
    if (id !== damaged) t.true(packed.equals(found[position] as Buffer));
  t.true(found[7] instanceof GreifError && found[7].code === 'CHUNK_CORRUPT');
  t.is(found[60], undefined);
  t.true(chunks[3]?.packed.equals(found[61] as Buffer));
  t.true(reads <= 4, `${reads} reads`);
});

test('what another process writes and seals is found, also while its pack is open', async (t) => {
  const folder = await temporaryFolder(t);
  const [one, other] = [await packsIn(folder), await packsIn(folder)];
  const first = await putMany(one, 5);
  await assertThere(t, other, first);
  const second = await putMany(other, 5);
  await assertThere(t, one, second);
  const third = await putMany(one, 5);
  await one.writer.seal();
  await assertThere(t, other, [...first, ...third]);
});

for (const kind of ['open', 'sealed'] as const)
  test(`a damaged chunk that another process has put again is read whole: its pack was ${kind}`, async (t) => {
    const folder = await temporaryFolder(t);
    const one = await packsIn(folder);
    const chunks = await putMany(one, 3);
    if (kind === 'sealed') await one.writer.seal();
    await one.close();
    const [, middle] = chunks;
    if (!middle) return t.fail();
    const { file, offset } = recordOf({ folder, chunks: one }, middle.id);
    await flipBit(file, offset + 500);
    await t.throwsAsync(one.get(middle.id), { code: 'CHUNK_CORRUPT' });
    const other = await packsIn(folder);
    await other.put(middle.id, middle.packed);
    await assertThere(t, one, chunks);
    for await (const streamed of one.getMany([middle.id]))
      t.true(middle.packed.equals(streamed as Uint8Array));
  });

test('a writer goes on with the open pack that another has left', async (t) => {
  const folder = await temporaryFolder(t);
  const one = await packsIn(folder);
  const first = await putMany(one, 3);
  await one.close();
  const other = await packsIn(folder);
  const second = await putMany(other, 3);
  t.is((await readdir(path.join(folder, 'open'))).length, 1);
  await assertThere(t, one, [...first, ...second]);
});

for (const [torn, tear] of Object.entries({
  'cut within the bytes': (file: string, last: number) => truncate(file, last + recordHeadBytes + 100),
  'cut within the head': (file: string, last: number) => truncate(file, last + 20),
  'zeros instead of it': async (file: string, last: number) => {
    const { size } = await stat(file);
    await truncate(file, last);
    await truncate(file, size);
  },
  'rubbish behind it': (file: string) => appendFile(file, randomBytes(5000)),
  'half an index behind it': (file: string) => appendFile(file, Buffer.alloc(900, 7)),
}))
  test(`a torn tail is cut off and nothing else: ${torn}`, async (t) => {
    const folder = await temporaryFolder(t);
    const store = await packsIn(folder);
    const before = await putMany(store, 20);
    const [last] = await putMany(store, 1);
    await store.close();
    const { pack, entry } = store.shelf.table.find(last?.id as ChunkId) ?? t.fail();
    const file = packFile(folder, pack.name, 'open');
    await tear(file, pack.offset(entry));
    const again = await packsIn(folder);
    await assertThere(t, again, before);
    t.is(await again.has(last?.id as ChunkId), torn.endsWith('behind it'));
    const more = await putMany(again, 5);
    await again.writer.seal();
    const sealed = await packsIn(folder);
    await assertThere(t, sealed, [...before, ...more]);
    t.deepEqual(await sealed.checkIndexes(), []);
    t.is(sealed.shelf.packs.length, 1);
  });

test('a pack without a sound index is read by its records; damage among them costs what it hits', async (t) => {
  const folder = await temporaryFolder(t);
  const store = await packsIn(folder);
  const chunks = await putMany(store, 30);
  await store.writer.seal();
  const [pack] = store.shelf.packs;
  const file = packFile(folder, pack?.name ?? '');
  const whole = await readFile(file);
  for (const damage of [-1, -20, -48, -60, -900]) {
    await writeFile(file, whole);
    await flipBit(file, damage);
    t.like(await store.checkIndexes(), [{ pack: pack?.name }], `${damage}`);
    const again = await packsIn(folder);
    await assertThere(t, again, chunks);
    t.regex((await again.checkIndexes())[0]?.reason ?? '', /made anew of its 30 records$/);
  }
  // Index and a record's head at once.
  await flipBit(file, (pack?.offset(10) ?? 0) + 5);
  const again = await packsIn(folder);
  await assertThere(t, again, chunks.toSpliced(10, 1));
  t.false(await again.has(chunks[10]?.id as ChunkId));
  t.regex((await again.checkIndexes())[0]?.reason ?? '', /29 records; \d+ bytes from \d+ on are no record/);
});

test('every single flipped bit of a record is found when it is read', async (t) => {
  const folder = await temporaryFolder(t);
  const store = await packsIn(folder);
  const [chunk] = await putMany(store, 1, 60);
  await store.writer.seal();
  const { pack, entry } = store.shelf.table.find(chunk?.id as ChunkId) ?? t.fail();
  const file = packFile(folder, pack.name);
  const whole = await readFile(file);
  for (let at = 0; at < recordHeadBytes + (chunk?.packed.length ?? 0); at++) {
    const bytes = Buffer.from(whole);
    const place = pack.offset(entry) + at;
    bytes.writeUInt8(bytes.readUInt8(place) ^ (1 << (at % 8)), place);
    await writeFile(file, bytes);
    await t.throwsAsync(store.get(chunk?.id as ChunkId), {
      code: 'CHUNK_CORRUPT',
      message: new RegExp(`pack ${pack.name}, byte ${pack.offset(entry)}`),
    });
  }
});

test('bytes of a chunk that look like a record are not believed behind damage', async (t) => {
  const folder = await temporaryFolder(t);
  const store = await packsIn(folder);
  const forged = 'cd'.repeat(32) as ChunkId;
  const lie = Buffer.concat([encodeRecordHead(forged, Buffer.from('lie')), Buffer.from('lie')]);
  // A chunk whose packed bytes carry it as they are.
  const [before, carrier, after] = [await make(), { ...(await make()), packed: lie }, await make()];
  for (const { id, packed } of [before, carrier, after]) await store.put(id, packed);
  await store.writer.seal();
  const [pack] = store.shelf.packs;
  const file = packFile(folder, pack?.name ?? '');
  await flipBit(file, -1);
  await flipBit(file, (pack?.offset(1) ?? 0) + 13);
  const again = await packsIn(folder);
  t.false(await again.has(forged));
  await assertThere(t, again, [before, after]);
});

test('a bucket that is away: packs wait on the disk, can be read, and go later', async (t) => {
  const folder = await temporaryFolder(t);
  const directory = await directoryObjects(path.join(folder, 'bucket'));
  let away = true;
  const putFile: ObjectStore['putFile'] = async (...args) => {
    if (away) throw new GreifError('UNREACHABLE', 'the bucket is away');
    await directory.putFile(...args);
  };
  const store = await packsIn(folder, { packBytes: 50_000, objects: { ...directory, putFile } });
  const chunks = [...(await putMany(store, 30)), ...(await putMany(store, 30))];
  await assertThere(t, store, chunks);
  t.is((await Array.fromAsync(directory.list(''))).length, 0);
  away = false;
  await store.writer.seal();
  t.true((await Array.fromAsync(directory.list('packs/'))).length >= 2);
  t.deepEqual(await readdir(path.join(folder, 'open')), []);
  await assertThere(t, store, chunks);
  await assertThere(t, await packsIn(folder, { objects: directory }), chunks);
});

test('the reserve is not touched: refused before, stopped at it, what is there stays', async (t) => {
  const folder = await temporaryFolder(t);
  const objects = await directoryObjects(folder);
  let room = 10_000;
  const guard = spaceGuard(folder, Number.MAX_SAFE_INTEGER);
  const space = {
    async assertRoom(bytes = 0) {
      room -= bytes;
      if (room < 0) await guard.assertRoom();
    },
  };
  const store = await openPackStore({
    objects,
    openFolder: path.join(folder, 'open'),
    space,
    packBytes: 1e6,
  });
  const kept = await putMany(store, 2);
  await t.throwsAsync(putMany(store, 10), {
    code: 'STORE_FULL',
    message: /MiB are free, \d+ MiB of them are kept in reserve; make space there/,
  });
  await assertThere(t, store, kept);
  const copy = await make();
  await store.writer.append(copy.id, copy.packed, { beyondReserve: true });
  t.true(await store.has(copy.id));
});

test('SIGKILL at random moments: every chunk that was acknowledged is there, and nothing half', async (t) => {
  const folder = await temporaryFolder(t);
  const known = path.join(folder, 'acknowledged');
  const acknowledged = new Set<ChunkId>();
  for (let round = 0; round < 12; round++) {
    const writer = fork(path.join(import.meta.dirname, 'pack-writer-process.ts'), [folder, known]);
    const [ready] = await once(writer, 'message');
    t.is(ready, 'writing');
    const last = Math.ceil(Math.random() * 60);
    writer.on('message', (count) => Number(count) >= last && writer.kill('SIGKILL'));
    await once(writer, 'close');
    const lines = (await readFile(known, 'utf8')).split('\n');
    for (const id of lines.slice(0, -1)) acknowledged.add(id as ChunkId);
    const store = await packsIn(folder, { packBytes: 400_000 });
    for (const id of acknowledged) t.true(await store.has(id), `round ${round} lost ${id}`);
    for await (const id of store.list()) t.true(((await store.get(id))?.length ?? 0) > 0);
  }
  t.true(acknowledged.size > 40, `${acknowledged.size} chunks`);
  const store = await packsIn(folder);
  await store.writer.seal();
  t.deepEqual(await store.checkIndexes(), []);
});

test('a pack that was removed from under an open store is a missing chunk, not a failure', async (t) => {
  const folder = await temporaryFolder(t);
  const objects = await directoryObjects(folder);
  const store = await packsIn(folder);
  const [chunk] = await putMany(store, 1);
  await store.writer.seal();
  const again = await packsIn(folder, { objects });
  await objects.remove(`packs/${again.shelf.packs[0]?.name}.pack`);
  t.is(await again.get(chunk?.id as ChunkId), undefined);
  t.false(await again.has(chunk?.id as ChunkId));
});
