import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { openKeyRing } from '../../../src/image/keys/key-ring.ts';
import { type ImageStore, openImageStore } from '../../../src/image/store/image-store.ts';
import { readIndex } from '../../../src/image/store/verify.ts';
import { publishChunks } from '../../image/publish-chunks.ts';
import { median } from '../result.ts';

const partsPerVersion = 100;
const partBytes = 20_000;

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const started = performance.now();
  await work();
  return performance.now() - started;
};

/** Versions that differ from the one before in one chunk of a hundred. */
const growing = (store: ImageStore) => {
  const parts = Array.from({ length: partsPerVersion }, () => randomBytes(partBytes));
  let next = 0;
  return async (): Promise<void> => {
    parts[next++ % partsPerVersion] = randomBytes(partBytes);
    const held = await store.holdChunks();
    await publishChunks(store, 'system', parts);
    await held.release();
  };
};

const readNewest = async (store: ImageStore): Promise<void> => {
  for (const volume of (await store.get('system')).manifest.volumes) {
    const index = await readIndex(volume, store);
    const ids = Array.from({ length: index.count }, (_, item) => index.id(item));
    for await (const chunk of store.chunks.getMany(ids))
      if (!(chunk instanceof Uint8Array)) throw new Error('a chunk is missing');
  }
};

/** A store that holds so many versions of one image; each step takes one version more and reads the newest. */
const storeOf = async (folder: string, versions: number) => {
  const store = await openImageStore(folder, await openKeyRing(path.join(folder, 'keys')));
  const add = growing(store);
  const held = await store.holdChunks();
  for (let version = 0; version < versions; version++) await add();
  await held.release();
  return { store, add };
};

/** What adding a version costs, and finding and reading the newest, with many versions kept against few; in memory, where no disk hides it. */
export const compareVersions = async (folder: string, many: number, few: number, rounds: number) => {
  const sides = {
    many: await storeOf(path.join(folder, 'many'), many),
    few: await storeOf(path.join(folder, 'few'), few),
  };
  const times = {
    many: { add: [] as number[], read: [] as number[] },
    few: { add: [] as number[], read: [] as number[] },
  };
  for (let round = 0; round < rounds; round++)
    for (const side of ['few', 'many'] as const) {
      times[side].add.push(await timed(sides[side].add));
      times[side].read.push(await timed(() => readNewest(sides[side].store)));
    }
  const cost = (side: 'many' | 'few') => median(times[side].add) + median(times[side].read);
  const collect = async (side: 'many' | 'few') => timed(() => sides[side].store.collect());
  const list = async (side: 'many' | 'few') => timed(() => sides[side].store.list());
  return {
    ratio: cost('many') / cost('few'),
    addMilliseconds: median(times.many.add),
    readMilliseconds: median(times.many.read),
    listMilliseconds: await list('many'),
    collectMilliseconds: await collect('many'),
  };
};
