import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ObjectStore } from '../../src/image/ports.ts';

const mib = 1024 * 1024;

const listed = async (store: ObjectStore, prefix: string): Promise<Record<string, number>> => {
  const sizes: Record<string, number> = {};
  for await (const { name, sizeBytes } of store.list(prefix)) sizes[name] = sizeBytes;
  return sizes;
};

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** What every ObjectStore must do, one check a rule; each gets a store that is empty. */
export const objectStoreContract: Record<string, (store: ObjectStore) => Promise<void>> = {
  async 'gives back what was put, whole and in part'(store) {
    const bytes = randomBytes(300_000);
    await store.put('packs/0a.pack', bytes);
    assert((await store.read('packs/0a.pack', 0, bytes.length))?.equals(bytes));
    assert((await store.read('packs/0a.pack', 1234, 70_001))?.equals(bytes.subarray(1234, 71_235)));
    assert.equal(await store.size('packs/0a.pack'), bytes.length);
  },
  async 'a read ends where the object does'(store) {
    const bytes = randomBytes(1000);
    await store.put('x', bytes);
    assert((await store.read('x', 900, 500))?.equals(bytes.subarray(900)));
    assert.equal((await store.read('x', 1000, 10))?.length, 0);
    assert.equal((await store.read('x', 5000, 10))?.length, 0);
    assert.equal((await store.read('x', 10, 0))?.length, 0);
  },
  async 'absence is a value'(store) {
    assert.equal(await store.read('packs/none.pack', 0, 10), undefined);
    assert.equal(await store.size('packs/none.pack'), undefined);
    assert.deepEqual(await listed(store, ''), {});
    assert.deepEqual(await listed(store, 'packs/'), {});
    await store.remove('packs/none.pack');
  },
  async 'takes pieces, also those that are no round number'(store) {
    const bytes = randomBytes(9 * mib + 17);
    await store.put('packs/large.pack', inPieces(bytes, 700_001));
    assert.equal(await store.size('packs/large.pack'), bytes.length);
    assert((await store.read('packs/large.pack', 0, bytes.length))?.equals(bytes));
    assert((await store.read('packs/large.pack', 8 * mib, mib))?.equals(bytes.subarray(8 * mib, 9 * mib)));
  },
  async 'keeps an empty object'(store) {
    await store.put('empty', Buffer.alloc(0));
    assert.equal(await store.size('empty'), 0);
    assert.equal((await store.read('empty', 0, 1))?.length, 0);
    assert.deepEqual(await listed(store, ''), { empty: 0 });
  },
  async 'replaces an object as a whole'(store) {
    await store.put('x', randomBytes(5000));
    await store.read('x', 0, 10);
    await store.put('x', Buffer.from('new'));
    assert.equal((await store.read('x', 0, 100))?.toString(), 'new');
    assert.equal(await store.size('x'), 3);
  },
  async 'pieces that fail half-way leave what was there, or nothing'(store) {
    async function* torn() {
      yield randomBytes(2 * mib);
      throw new Error('torn');
    }
    await assert.rejects(store.put('packs/0b.pack', torn()), { message: 'torn' });
    assert.equal(await store.size('packs/0b.pack'), undefined);
    await store.put('packs/0b.pack', Buffer.from('old'));
    await assert.rejects(store.put('packs/0b.pack', torn()), { message: 'torn' });
    assert.equal((await store.read('packs/0b.pack', 0, 9))?.toString(), 'old');
    assert.deepEqual(await listed(store, ''), { 'packs/0b.pack': 3 });
  },
  async 'takes a file'(store) {
    const folder = await mkdtemp(path.join(tmpdir(), 'greif-object-'));
    try {
      const bytes = randomBytes(3 * mib);
      await writeFile(path.join(folder, 'part'), bytes);
      await store.putFile('packs/file.pack', path.join(folder, 'part'));
      assert((await store.read('packs/file.pack', 0, bytes.length))?.equals(bytes));
    } finally {
      await rm(folder, { recursive: true });
    }
  },
  async 'lists names that begin with a prefix, with sizes'(store) {
    const names = ['packs/a.pack', 'packs/b.pack', 'packs2/c.pack', 'packs/deep/d', 'pack', 'other'];
    await Promise.all(names.map((name, position) => store.put(name, Buffer.alloc(position + 1))));
    assert.deepEqual(await listed(store, 'packs/'), {
      'packs/a.pack': 1,
      'packs/b.pack': 2,
      'packs/deep/d': 4,
    });
    assert.deepEqual(Object.keys(await listed(store, 'packs/a')), ['packs/a.pack']);
    assert.deepEqual(Object.keys(await listed(store, '')).sort(), [...names].sort());
  },
  async 'lists more than one answer can hold'(store) {
    const names = Array.from({ length: 1100 }, (_, number) => `many/${number}`);
    for (let at = 0; at < names.length; at += 50)
      await Promise.all(names.slice(at, at + 50).map((name) => store.put(name, Buffer.alloc(1))));
    assert.deepEqual(Object.keys(await listed(store, 'many/')).sort(), names.toSorted());
  },
  async 'removes one and keeps the others'(store) {
    await store.put('a', Buffer.from('a'));
    await store.put('b', Buffer.from('b'));
    await store.read('a', 0, 1);
    await store.remove('a');
    assert.equal(await store.read('a', 0, 1), undefined);
    assert.deepEqual(await listed(store, ''), { b: 1 });
  },
  async 'many at once'(store) {
    const all = Array.from({ length: 40 }, (_, number) => ({
      name: `packs/${number}`,
      bytes: randomBytes(20_000),
    }));
    await Promise.all(all.map(({ name, bytes }) => store.put(name, bytes)));
    const back = await Promise.all(all.map(({ name }) => store.read(name, 0, 20_000)));
    assert(back.every((bytes, position) => all[position]?.bytes.equals(bytes ?? Buffer.alloc(0))));
  },
  async 'refuses names that could mean something else'(store) {
    for (const name of ['', '/x', '../x', 'a/../b', 'a//b', 'a/', 'A', 'a b', '.x', 'ü', 'x'.repeat(600)]) {
      await assert.rejects(store.put(name, Buffer.alloc(1)), { code: 'BAD_REQUEST' }, name);
      await assert.rejects(async () => store.read(name, 0, 1), { code: 'BAD_REQUEST' }, name);
    }
  },
};
