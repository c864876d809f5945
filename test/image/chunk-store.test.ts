import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import { chunkId, packChunk } from '../../src/image/format/chunk.ts';
import type { ChunkStore } from '../../src/image/ports.ts';
import { directoryStore } from '../../src/image/store/directory-store.ts';
import { chunkStoreContract } from './chunk-store.contract.ts';
import { memoryStore } from './memory-store.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { tool } from './tool.ts';

for (const [rule, check] of Object.entries(chunkStoreContract)) {
  test(`memory: ${rule}`, async (t) => {
    await t.notThrowsAsync(check(memoryStore()));
  });
  test(`directory: ${rule}`, async (t) => {
    await t.notThrowsAsync(check(await directoryStore(await temporaryFolder(t))));
  });
}

/** Each breaks one rule, on purpose. */
const broken: Record<string, (store: ChunkStore) => ChunkStore> = {
  'loses what was put': (store) => ({ ...store, put: async () => {} }),
  'gives other bytes': (store) => ({ ...store, get: async (id) => (await store.get(id))?.toReversed() }),
  'throws for absence': (store) => ({
    ...store,
    async get(id) {
      const found = await store.get(id);
      if (!found) throw new Error('not here');
      return found;
    },
  }),
  'never removes': (store) => ({ ...store, remove: async () => {} }),
  'lists nothing': (store) => ({ ...store, async *list() {} }),
};

for (const [fault, damage] of Object.entries(broken))
  test(`the contract finds a store that ${fault}`, async (t) => {
    const outcomes = await Promise.allSettled(
      Object.values(chunkStoreContract).map((check) => check(damage(memoryStore()))),
    );
    t.true(outcomes.some(({ status }) => status === 'rejected'));
  });

test('a directory holds chunks as casync lays them out, and nothing half-written', async (t) => {
  const folder = await temporaryFolder(t);
  const store = await directoryStore(folder);
  const id = chunkId(Buffer.from('hello'));
  await store.put(id, await packChunk(Buffer.from('hello')));
  t.deepEqual(await readdir(path.join(folder, id.slice(0, 4))), [`${id}.cacnk`]);
  t.deepEqual(await readdir(path.join(folder, 'incoming')), []);
});

test('files that are no chunks are not listed', async (t) => {
  const folder = await temporaryFolder(t);
  const store = await directoryStore(folder);
  await mkdir(path.join(folder, 'abcd'));
  await writeFile(path.join(folder, 'abcd', 'notes.txt'), 'x');
  await writeFile(path.join(folder, 'abcd', `${'a'.repeat(63)}.cacnk`), 'x');
  for await (const id of store.list()) t.fail(id);
  t.pass();
});

test('a failed put leaves nothing and the next one works', async (t) => {
  const folder = await temporaryFolder(t);
  const store = await directoryStore(folder);
  const id = chunkId(Buffer.from('hello'));
  const place = path.join(folder, id.slice(0, 4));
  await symlink('/nowhere/at/all', place);
  await t.throwsAsync(store.put(id, Buffer.from('x')));
  t.false(await store.has(id));
  t.deepEqual(await readdir(path.join(folder, 'incoming')), []);
  await tool('rm', place);
  await store.put(id, Buffer.from('x'));
  t.true(await store.has(id));
});
