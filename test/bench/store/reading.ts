import { closeSync, createReadStream, openSync, readdirSync, rmSync, statSync, writeSync } from 'node:fs';
import path from 'node:path';
import { importImage } from '../../../src/image/import/import.ts';
import { openKeyRing } from '../../../src/image/keys/key-ring.ts';
import type { ChunkId } from '../../../src/image/ports.ts';
import { type ImageStore, openImageStore } from '../../../src/image/store/image-store.ts';
import { readIndex } from '../../../src/image/store/verify.ts';
import { median } from '../result.ts';
import { denseDisk } from '../stream-disk.ts';
import { makeCold } from './cold.ts';

const mebibyte = 1024 * 1024;

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

/** An image's packed chunks read in its order, from packs and from one flat file of the same bytes, cold, turn about. */
export const compareReading = async (folder: string, diskMebibytes: number, rounds: number) => {
  const disk = denseDisk(folder, 'disk', diskMebibytes * mebibyte);
  const images = path.join(folder, 'images');
  const store = await openImageStore(images, await openKeyRing(path.join(folder, 'keys')));
  await importImage({ name: 'disk', file: disk, store });
  await store.chunks.writer.seal();
  rmSync(disk);
  const ids = await idsInOrder(store);
  const flat = path.join(folder, 'flat');
  const out = openSync(flat, 'w');
  for await (const chunk of store.chunks.getMany(ids)) writeSync(out, chunk as Uint8Array);
  closeSync(out);
  const packs = readdirSync(path.join(images, 'packs')).map((name) => path.join(images, 'packs', name));
  const { size } = statSync(flat);
  const [ours, theirs]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    makeCold(packs);
    ours.push(await seconds(() => readPacks(store, ids), size));
    makeCold([flat]);
    theirs.push(await seconds(() => readFlat(flat), size));
    process.stderr.write(
      `${packs.length} packs ${ours.at(-1)?.toFixed(2)} s, flat file ${theirs.at(-1)?.toFixed(2)} s\n`,
    );
  }
  return {
    ratio: median(theirs) / median(ours),
    mebibytesPerSecond: size / mebibyte / median(ours),
    flatMebibytesPerSecond: size / mebibyte / median(theirs),
  };
};
