import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Volume } from '../format/manifest.ts';
import type { ChunkId, ChunkStore } from '../ports.ts';
import type { StoredImage } from './image-store.ts';
import { readIndex } from './verify.ts';

export interface SweepOptions {
  folder: string;
  chunks: ChunkStore;
  /** All that stays. */
  images: readonly StoredImage[];
  index(digest: string): Promise<Buffer | undefined>;
}

/** An interrupted import may be taken up again for so long. */
const abandonedMilliseconds = 7 * 24 * 3600 * 1000;

/**
 * Removes chunks and indexes that no image names, and what interrupted runs left. The caller makes sure that no import runs.
 * Throws, and removes nothing, when an index that is needed cannot be read: what it names is then not known.
 */
export const sweep = async ({ folder, chunks, images, index }: SweepOptions): Promise<void> => {
  const volumes = images.flatMap(({ manifest }) => manifest.volumes);
  const digests = new Set(volumes.map((volume) => volume.index));
  const needed = await neededChunks(volumes, index);
  for await (const id of chunks.list()) if (!needed(id)) await chunks.remove(id);
  await removeFiles(path.join(folder, 'indexes'), async (file) => !digests.has(path.parse(file).name));
  await removeFiles(path.join(folder, 'chunks', 'incoming'), async () => true);
  const imports = path.join(folder, 'imports');
  await removeFiles(imports, async (file) => {
    const { mtimeMs } = await stat(path.join(imports, file));
    return Date.now() - mtimeMs > abandonedMilliseconds;
  });
};

const removeFiles = async (folder: string, doomed: (file: string) => Promise<boolean>): Promise<void> => {
  for (const file of await readdir(folder))
    if (await doomed(file)) await rm(path.join(folder, file), { recursive: true, force: true });
};

/** The first 64 bits of each needed id, sorted: 8 bytes a chunk, and a rare coincidence only keeps a chunk too many. */
const neededChunks = async (
  volumes: readonly Volume[],
  index: SweepOptions['index'],
): Promise<(id: ChunkId) => boolean> => {
  const prefixes: BigUint64Array[] = [];
  for (const volume of volumes) {
    const items = await readIndex(volume, { index });
    prefixes.push(
      BigUint64Array.from({ length: items.count }, (_, item) => items.rawId(item).readBigUInt64BE()),
    );
  }
  const sorted = new BigUint64Array(prefixes.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of prefixes) {
    sorted.set(part, at);
    at += part.length;
  }
  sorted.sort();
  return (id) => contains(sorted, BigInt(`0x${id.slice(0, 16)}`));
};

const contains = (sorted: BigUint64Array, wanted: bigint): boolean => {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0n) < wanted) low = middle + 1;
    else high = middle;
  }
  return sorted[low] === wanted;
};
