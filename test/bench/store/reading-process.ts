import { createReadStream, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { openKeyRing } from '../../../src/image/keys/key-ring.ts';
import type { ChunkId } from '../../../src/image/ports.ts';
import { type ImageStore, openImageStore } from '../../../src/image/store/image-store.ts';
import { readIndex } from '../../../src/image/store/verify.ts';
import { makeCold } from './cold.ts';

const mebibyte = 1024 * 1024;

/** The reading side of the benchmark `store`, in a process of its own as the appliance is (imports run apart from it): FOLDER ROUNDS, tells the seconds of each round. */
/** Seconds of each round. */
export interface Reading {
  ours: number[];
  theirs: number[];
}

const idsInOrder = async (store: ImageStore): Promise<ChunkId[]> => {
  const ids: ChunkId[] = [];
  for (const volume of (await store.get('disk')).manifest.volumes) {
    const index = await readIndex(volume, store);
    for (let item = 0; item < index.count; item++) ids.push(index.id(item));
  }
  return ids;
};

/** Bytes through the packs, as the bulk route reads them: every chunk checked by its checksum. */
const readPacks = async (store: ImageStore, ids: readonly ChunkId[]): Promise<number> => {
  let bytes = 0;
  for await (const chunk of store.chunks.getMany(ids)) {
    if (!(chunk instanceof Uint8Array)) throw new Error('a chunk is missing');
    bytes += chunk.length;
  }
  return bytes;
};

const readFlat = async (file: string): Promise<number> => {
  let bytes = 0;
  for await (const piece of createReadStream(file, { highWaterMark: mebibyte })) bytes += piece.length;
  return bytes;
};

const seconds = async (work: () => Promise<number>, wantedBytes: number): Promise<number> => {
  const started = performance.now();
  if ((await work()) !== wantedBytes) throw new Error('not all was read');
  return (performance.now() - started) / 1000;
};

const main = async (folder: string, rounds: number): Promise<void> => {
  const images = path.join(folder, 'images');
  const store = await openImageStore(images, await openKeyRing(path.join(folder, 'keys')));
  const ids = await idsInOrder(store);
  const flat = path.join(folder, 'flat');
  const packs = readdirSync(path.join(images, 'packs')).map((name) => path.join(images, 'packs', name));
  const { size } = statSync(flat);
  const reading: Reading = { ours: [], theirs: [] };
  for (let round = 0; round < rounds; round++) {
    makeCold(packs);
    reading.ours.push(await seconds(() => readPacks(store, ids), size));
    makeCold([flat]);
    reading.theirs.push(await seconds(() => readFlat(flat), size));
    process.stderr.write(
      `${packs.length} packs ${reading.ours.at(-1)?.toFixed(2)} s, flat file ${reading.theirs.at(-1)?.toFixed(2)} s\n`,
    );
  }
  process.send?.(reading);
  process.disconnect?.();
};

const [folder = '', rounds = ''] = process.argv.slice(2);
await main(folder, Number(rounds));
