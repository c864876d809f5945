import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { GreifError } from '../../core/errors.ts';
import { unlessMissing } from '../../core/missing.ts';
import type { ObjectStore } from '../ports.ts';
import { writeDurably } from './durable-file.ts';
import type { ImageStore } from './image-store.ts';

const parts = ['indexes', 'manifests'] as const;
const isCatalogue = /^(?:indexes\/[0-9a-f]{64}\.caibx|manifests\/[a-z0-9._-]+\/\d+\.(?:json|sig|removed))$/;

/** An image's parts before its manifest: what is cut off in between is no image. */
const partsFirst = (a: string, b: string): number =>
  Number(a.endsWith('.json')) - Number(b.endsWith('.json'));

/** Catalogue files below the store's folder, named as objects. */
const localFiles = async (folder: string): Promise<string[]> => {
  const found = await Promise.all(
    parts.map(async (part) =>
      (await readdir(path.join(folder, part), { recursive: true })).map((name) => `${part}/${name}`),
    ),
  );
  return found
    .flat()
    .filter((name) => isCatalogue.test(name))
    .sort(partsFirst);
};

const bucketFiles = async (objects: ObjectStore): Promise<Map<string, number>> => {
  const found = new Map<string, number>();
  for (const part of parts)
    for await (const { name, sizeBytes } of objects.list(`${part}/`))
      if (isCatalogue.test(name)) found.set(name, sizeBytes);
  return found;
};

/** Brings manifests and indexes back from a bucket into a folder that has no images; goes on where it was cut off. Returns how many files. Throws UNREACHABLE. */
export const restoreCatalogue = async (folder: string, objects: ObjectStore): Promise<number> => {
  for (const part of parts) await mkdir(path.join(folder, part), { recursive: true });
  const unfinished = path.join(folder, 'restoring');
  const wasCutOff = (await readdir(folder)).includes(path.basename(unfinished));
  if (!wasCutOff && (await localFiles(folder)).length > 0) return 0;
  const files = [...(await bucketFiles(objects))].sort(([a], [b]) => partsFirst(a, b));
  // Half a catalogue would have the packs of the other half collected as garbage.
  if (files.length > 0) await writeDurably(unfinished, '', { exclusive: false });
  for (const [name, sizeBytes] of files) {
    const bytes = await objects.read(name, 0, sizeBytes);
    if (!bytes)
      throw new GreifError('UNREACHABLE', `the bucket lists ${name} and does not give it: start again`);
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeDurably(file, bytes, { exclusive: false });
  }
  await rm(unfinished, { force: true });
  return files.length;
};

/** Brings what the bucket lacks there, and takes away what was removed here. `again`: also what it has already. */
const pushCatalogue = async (folder: string, objects: ObjectStore, again?: RegExp): Promise<void> => {
  const there = await bucketFiles(objects);
  const here = await localFiles(folder);
  for (const name of here)
    if (!there.has(name) || again?.test(name)) {
      const bytes = await readFile(path.join(folder, name)).catch(unlessMissing);
      if (bytes) await objects.put(name, bytes);
    }
  const kept = new Set(here);
  for (const name of here) {
    const [, removed] = /^(.*)\.removed$/.exec(name) ?? [];
    if (removed === undefined || kept.has(`${removed}.json`)) continue;
    for (const ending of ['json', 'sig'])
      if (there.has(`${removed}.${ending}`)) await objects.remove(`${removed}.${ending}`);
  }
};

/**
 * The same store, with a copy of manifests and indexes beside the packs in the bucket, so that a lost appliance can be made again from it. A change is
 * through when it is in the bucket too; one that failed there is made up for by the next, or by repeating the call.
 */
export const withBucketCopy = async (store: ImageStore, objects: ObjectStore): Promise<ImageStore> => {
  const push = async (again?: RegExp): Promise<void> => {
    await store.chunks.writer.seal();
    await pushCatalogue(store.folder, objects, again);
  };
  const pushed = async <Result>(work: Promise<Result>, again?: RegExp): Promise<Result> => {
    const result = await work;
    await push(again);
    return result;
  };
  await push();
  return {
    ...store,
    publish: (draft) => pushed(store.publish(draft)),
    async prepareAdoption(offer, name) {
      const adoption = await store.prepareAdoption(offer, name);
      return { ...adoption, publish: () => pushed(adoption.publish()) };
    },
    remove: (ref) => pushed(store.remove(ref)),
    signAgain: () => pushed(store.signAgain(), /\.sig$/),
  };
};
