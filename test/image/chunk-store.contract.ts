import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chunkId, packChunk, unpackChunk } from '../../src/image/format/chunk.ts';
import type { ChunkId, ChunkStore } from '../../src/image/ports.ts';

const listed = async (store: ChunkStore): Promise<ChunkId[]> => {
  const ids: ChunkId[] = [];
  for await (const id of store.list()) ids.push(id);
  return ids.sort();
};

const sample = async (bytes: Buffer = randomBytes(30_000)) => ({
  bytes,
  id: chunkId(bytes),
  packed: await packChunk(bytes),
});

/** What every ChunkStore must do, one check a rule; each gets a store that is empty. */
export const chunkStoreContract: Record<string, (store: ChunkStore) => Promise<void>> = {
  async 'gives back what was put'(store) {
    const { id, packed, bytes } = await sample();
    await store.put(id, packed);
    const found = await store.get(id);
    assert(found);
    assert(unpackChunk(id, found, bytes.length).equals(bytes));
    assert.equal(await store.has(id), true);
  },
  async 'absence is a value'(store) {
    const { id } = await sample();
    assert.equal(await store.get(id), undefined);
    assert.equal(await store.has(id), false);
  },
  async 'putting again is harmless, also at the same time'(store) {
    const { id, packed } = await sample();
    await Promise.all([store.put(id, packed), store.put(id, packed)]);
    await store.put(id, packed);
    assert.deepEqual(await listed(store), [id]);
  },
  async 'lists what is there, many put at once'(store) {
    const samples = await Promise.all(Array.from({ length: 60 }, () => sample(randomBytes(500))));
    await Promise.all(samples.map(({ id, packed }) => store.put(id, packed)));
    assert.deepEqual(await listed(store), samples.map(({ id }) => id).sort());
  },
  async 'other bytes for the same id take their place'(store) {
    const { id, packed, bytes } = await sample();
    const damaged = Buffer.from(packed);
    damaged[20] = (damaged[20] ?? 0) ^ 1;
    await store.put(id, damaged);
    await store.put(id, packed);
    const found = await store.get(id);
    assert(found);
    assert(unpackChunk(id, found, bytes.length).equals(bytes));
    assert.deepEqual(await listed(store), [id]);
  },
  async 'keeps its own copy'(store) {
    const { id, packed, bytes } = await sample();
    await store.put(id, packed);
    packed.fill(0);
    const found = await store.get(id);
    assert(found);
    assert(unpackChunk(id, found, bytes.length).equals(bytes));
  },
};
