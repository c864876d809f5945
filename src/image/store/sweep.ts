import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { ChunkIndex } from '../format/index-file.ts';
import type { StoredImage } from './manifests.ts';
import { readIndex } from './verify.ts';

export interface SweepOptions {
  folder: string;
  /** All that stays. */
  images: readonly StoredImage[];
  /** Digests of indexes that belong to no image yet. */
  indexesInWork: ReadonlySet<string>;
}

/** An interrupted import may be taken up again for so long. */
const abandonedMilliseconds = 7 * 24 * 3600 * 1000;

/** Removes indexes that no image names, and what imports left that nobody took up again. */
export const sweepFiles = async ({ folder, images, indexesInWork }: SweepOptions): Promise<void> => {
  const digests = new Set(images.flatMap(({ manifest }) => manifest.volumes.map(({ index }) => index)));
  await removeFiles(path.join(folder, 'indexes'), async (file) => {
    const digest = path.parse(file).name;
    return !digests.has(digest) && !indexesInWork.has(digest);
  });
  const imports = path.join(folder, 'imports');
  await removeFiles(imports, async (file) => {
    const { mtimeMs } = await stat(path.join(imports, file));
    return Date.now() - mtimeMs > abandonedMilliseconds;
  });
};

/** The chunks of all images, raw. Throws INDEX_INVALID when an index cannot be read: what it names is then not known. */
export async function* neededChunks(
  images: readonly StoredImage[],
  index: (digest: string) => Promise<Buffer | undefined>,
): AsyncGenerator<Iterable<Buffer>> {
  const volumes = new Map(images.flatMap(({ manifest }) => manifest.volumes.map((one) => [one.index, one])));
  for (const volume of volumes.values()) yield rawIds(await readIndex(volume, { index }));
}

function* rawIds(index: ChunkIndex): Generator<Buffer> {
  for (let item = 0; item < index.count; item++) yield index.rawId(item);
}

const removeFiles = async (folder: string, doomed: (file: string) => Promise<boolean>): Promise<void> => {
  for (const file of await readdir(folder))
    if (await doomed(file)) await rm(path.join(folder, file), { recursive: true, force: true });
};
