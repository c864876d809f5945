import test from 'ava';
import type { ChunkStore } from '../../src/image/ports.ts';
import { chunkStoreContract } from './chunk-store.contract.ts';
import { memoryStore } from './memory-store.ts';
import { packsIn } from './packs-in.ts';
import { temporaryFolder } from './temporary-folder.ts';

for (const [rule, check] of Object.entries(chunkStoreContract)) {
  test(`memory: ${rule}`, async (t) => {
    await t.notThrowsAsync(check(memoryStore()));
  });
  test(`packs: ${rule}`, async (t) => {
    await t.notThrowsAsync(check(await packsIn(await temporaryFolder(t), { packBytes: 100_000 })));
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
  'keeps the first bytes': (store) => ({
    ...store,
    put: async (id, packed) => ((await store.has(id)) ? undefined : store.put(id, packed)),
  }),
  'lists nothing': (store) => ({ ...store, async *list() {} }),
};

for (const [fault, damage] of Object.entries(broken))
  test(`the contract finds a store that ${fault}`, async (t) => {
    const outcomes = await Promise.allSettled(
      Object.values(chunkStoreContract).map((check) => check(damage(memoryStore()))),
    );
    t.true(outcomes.some(({ status }) => status === 'rejected'));
  });
