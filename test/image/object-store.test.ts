import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import type { ObjectStore } from '../../src/image/ports.ts';
import { directoryObjects } from '../../src/image/store/directory-objects.ts';
import { objectStoreContract } from './object-store.contract.ts';
import { temporaryFolder } from './temporary-folder.ts';

for (const [rule, check] of Object.entries(objectStoreContract))
  test(`directory: ${rule}`, async (t) => {
    await t.notThrowsAsync(check(await directoryObjects(await temporaryFolder(t))));
  });

/** Each breaks one rule, on purpose. */
const broken: Record<string, (store: ObjectStore) => ObjectStore> = {
  'loses what was put': (store) => ({ ...store, put: async () => {} }),
  'reads from the start': (store) => ({ ...store, read: (name, _, length) => store.read(name, 0, length) }),
  'throws for absence': (store) => ({
    ...store,
    async size(name) {
      const found = await store.size(name);
      if (found === undefined) throw new Error('not here');
      return found;
    },
  }),
  'never removes': (store) => ({ ...store, remove: async () => {} }),
  'lists everything': (store) => ({ ...store, list: () => store.list('') }),
};

for (const [fault, damage] of Object.entries(broken))
  test(`the contract finds a store that ${fault}`, async (t) => {
    const outcomes = await Promise.allSettled(
      Object.entries(objectStoreContract)
        .filter(([rule]) => !rule.startsWith('lists more')) // it takes long and finds nothing of these
        .map(async ([, check]) => check(damage(await directoryObjects(await temporaryFolder(t))))),
    );
    t.true(outcomes.some(({ status }) => status === 'rejected'));
  });

test('a directory holds nothing half-written, and forgets what an ended process left', async (t) => {
  const folder = await temporaryFolder(t);
  const incoming = path.join(folder, 'incoming');
  await mkdir(incoming);
  for (const name of ['ancient', 'recent']) await writeFile(path.join(incoming, name), 'x');
  await utimes(path.join(incoming, 'ancient'), 1, 1);
  const store = await directoryObjects(folder);
  t.deepEqual(await readdir(incoming), ['recent']);
  await store.put('packs/a.pack', Buffer.from('a'));
  t.deepEqual(await readdir(incoming), ['recent']);
  t.deepEqual(await readdir(path.join(folder, 'packs')), ['a.pack']);
});
