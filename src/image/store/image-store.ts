import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { GreifError } from '../../core/errors.ts';
import { sha256Hex } from '../../core/ids.ts';
import { unlessMissing } from '../../core/missing.ts';
import { type Manifest, type ManifestDraft, sha256Schema, type Volume } from '../format/manifest.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import { type Collection, collectGarbage } from '../packs/collect.ts';
import { openPackStore, type PackStore } from '../packs/pack-store.ts';
import { measureUsage, type StoreUsage } from '../packs/usage.ts';
import type { ObjectStore } from '../ports.ts';
import { type OfferedManifest, readOffer, renamed } from './adoption.ts';
import { directoryObjects } from './directory-objects.ts';
import { writeDurably } from './durable-file.ts';
import { spaceGuard } from './free-space.ts';
import { openHolds } from './holds.ts';
import type { Lock } from './lock.ts';
import { openManifests, type StoredImage } from './manifests.ts';
import { neededChunks, sweepFiles } from './sweep.ts';
import { readIndex, type Verification, type VerifyOptions, verifyImage, volumeName } from './verify.ts';

/**
 * Images below one folder: `packs/` (chunks; may be in a bucket instead), `open/` (packs that are written to), `indexes/<digest>.caibx`, `manifests/<name>/<version>.json`
 * with its signature (64 bytes) in `<version>.sig`, `imports/` (unfinished work), `holds/`. docs/store.md has the whole.
 */
export interface ImageStore {
  readonly folder: string;
  readonly chunks: PackStore;
  /** All versions of all images, by name, newest version first. */
  list(): Promise<StoredImage[]>;
  /** `name` (its newest version) or `name@version`. Throws IMAGE_NOT_FOUND, MANIFEST_INVALID; MANIFEST_UNTRUSTED when no trusted key signed it. */
  get(ref: string): Promise<StoredImage>;
  /** The bytes of an index, proven against its digest; `undefined` when there is none. Throws INDEX_INVALID. */
  index(digest: string): Promise<Buffer | undefined>;
  /** Reads and proves every chunk of an image, or a random share of them, and the indexes of all packs. */
  verify(ref: string, options?: VerifyOptions): Promise<Verification>;
  /**
   * Removes `name@version`, or all versions of `name`, then chunks and indexes that nothing needs any more; while another process imports they stay until its end.
   * Returns what was removed (`name@version`). A version's number is never given again.
   */
  remove(ref: string): Promise<string[]>;
  /** Removes chunks and indexes that nothing needs; `undefined`, and nothing done, while another process counts on chunks: it does this at its end. */
  collect(): Promise<Collection | undefined>;
  /** Throws STORE_FULL when less than the reserve is free: said before work begins. */
  assertRoom(): Promise<void>;
  /** How much there is of what. Reads the index of every image. */
  usage(): Promise<StoreUsage & { images: number }>;
  /** For an import: keeps an index and returns its digest. */
  addIndex(bytes: Buffer): Promise<string>;
  /** Signs a manifest and keeps it under the next free version; the newest version is returned instead when its content is the same. Throws CHUNK_MISSING. */
  publish(draft: ManifestDraft): Promise<StoredImage>;
  /**
   * Looks at a version from elsewhere before its chunks are fetched; `publish`, when they and its indexes are there, keeps it as it is: same name, version, bytes and
   * signature. With another `name` it becomes a version of our own instead. Throws MANIFEST_UNTRUSTED, MANIFEST_INVALID; VERSION_TAKEN when the
   * number has other content here.
   */
  prepareAdoption(
    offer: OfferedManifest,
    name?: string,
  ): Promise<{ manifest: Manifest; publish(): Promise<StoredImage> }>;
  /** Signs with the present key what this appliance signed with an earlier one. Returns how many manifests. */
  signAgain(): Promise<number>;
  /** For an import or a capture: while it is held, no chunk that this process asks for or puts is removed, and no index that it adds. */
  holdChunks(): Promise<Hold>;
  /** For work that began before this process did: while it is held nothing at all is removed. */
  deferCollection(): Hold;
  /** Lets the open pack go; waits for what is being written. */
  close(): Promise<void>;
}

/** Work that counts on chunks that no image names yet. */
export interface Hold {
  /** The work is done: what is not needed goes, if a removal is due. */
  release(): Promise<void>;
  /** The work goes on in a later process: nothing goes. */
  leave(): Promise<void>;
}

export interface ImageStoreOptions {
  /** Where packs are kept; without it, in the store's own folder. */
  objects?: ObjectStore;
  /** Left free on the disk for collecting garbage, the database and the log. */
  reserveBytes?: number | undefined;
  packBytes?: number;
}

const defaultPackBytes = 64 * 1024 * 1024;

/** Opens the store below `folder` and makes what is missing. Several processes may have it open. */
export const openImageStore = async (
  folder: string,
  keys: KeyRing,
  options: ImageStoreOptions = {},
): Promise<ImageStore> => {
  const { reserveBytes = 0, packBytes = defaultPackBytes } = options;
  const at = (...parts: string[]) => path.join(folder, ...parts);
  for (const part of ['indexes', 'imports']) await mkdir(at(part), { recursive: true });
  const manifests = await openManifests(at('manifests'), keys);
  const objects = options.objects ?? (await directoryObjects(folder));
  const space = spaceGuard(folder, reserveBytes);
  const chunks = await openPackStore({ objects, openFolder: at('open'), space, packBytes });
  const holds = await openHolds(at('holds'));
  const removalDue = at('removal-due');
  const indexesInWork = new Set<string>();
  let holders = 0;
  let deferrals = 0;

  const index = async (digest: string): Promise<Buffer | undefined> => {
    if (!sha256Schema.safeParse(digest).success) return undefined;
    const bytes = await readFile(at('indexes', `${digest}.caibx`)).catch(unlessMissing);
    if (bytes && sha256Hex(bytes) !== digest)
      throw new GreifError(
        'INDEX_INVALID',
        `the index ${digest} is damaged on the disk: import its image again`,
      );
    return bytes;
  };

  /** An index that was added belongs to an image once nobody is at work any more, or to none. */
  const letGo = (): void => {
    if (--holders === 0) indexesInWork.clear();
  };

  const collectOnce = (): Promise<Collection | undefined> =>
    holds.alone(async () => {
      holders++;
      await rm(removalDue, { force: true });
      try {
        let images: StoredImage[] = [];
        const needed = async function* () {
          images = await manifests.list();
          yield* neededChunks(images, index);
        };
        const collection = await collectGarbage(chunks, needed(), packBytes);
        await sweepFiles({ folder, images, indexesInWork });
        return collection;
      } catch (thrown) {
        await writeDurably(removalDue, '', { exclusive: false });
        throw thrown;
      } finally {
        letGo();
      }
    });

  const isDue = async (): Promise<boolean> => (await readdir(folder)).includes('removal-due');

  /** What is removed while garbage is collected is garbage for the next round. */
  const collect = async (): Promise<Collection | undefined> => {
    if (deferrals > 0) return undefined;
    let collection = await collectOnce();
    while (collection && (await isDue())) collection = (await collectOnce()) ?? collection;
    return collection;
  };

  const collectIfDue = async (): Promise<void> => {
    if (await isDue()) await collect();
  };

  const holdOf = (leave: () => Promise<void>): Hold => ({
    leave,
    async release() {
      await leave();
      await collectIfDue();
    },
  });

  const hold = async (): Promise<Lock> => {
    await using failed = new AsyncDisposableStack();
    const pins = chunks.pins.hold();
    failed.defer(() => pins.release());
    holders++;
    failed.defer(letGo);
    const lock = await holds.take();
    failed.defer(() => lock.release());
    await chunks.refresh(); // another process may have collected until now
    const all = failed.move();
    return { release: () => all.disposeAsync() };
  };

  /** Every chunk is there, and stays until it is disposed of. Throws CHUNK_MISSING, INDEX_INVALID. */
  const holdWhole = async (volumes: readonly Volume[]): Promise<AsyncDisposableStack> => {
    await using held = new AsyncDisposableStack();
    const { release } = await hold();
    held.defer(release);
    for (const volume of volumes) {
      const items = await readIndex(volume, { index });
      for (let item = 0; item < items.count; item++)
        if (!(await chunks.has(items.id(item))))
          throw new GreifError(
            'CHUNK_MISSING',
            `the store has no chunk ${items.id(item)} of ${volumeName(volume)}: import or capture again, what is there already is kept`,
          );
    }
    return held.move();
  };

  const publish = async (draft: ManifestDraft): Promise<StoredImage> => {
    await using _held = await holdWhole(draft.volumes);
    return manifests.publish(draft);
  };

  return {
    folder,
    chunks,
    list: manifests.list,
    get: manifests.get,
    index,
    async verify(ref, options) {
      const { manifest } = await manifests.get(ref);
      const found = await verifyImage(manifest, { chunks, index }, options);
      return { ...found, packs: await chunks.checkIndexes(options?.signal) };
    },
    collect,
    assertRoom: () => space.assertRoom(),
    async usage() {
      const images = await manifests.list();
      return { images: images.length, ...(await measureUsage(chunks, neededChunks(images, index))) };
    },
    async remove(ref) {
      const { name, numbers } = await manifests.named(ref);
      await writeDurably(removalDue, '', { exclusive: false });
      for (const number of numbers) await manifests.remove(name, number);
      await collect();
      return numbers.map((number) => `${name}@${number}`);
    },
    async addIndex(bytes) {
      const digest = sha256Hex(bytes);
      if (holders > 0) indexesInWork.add(digest);
      await writeDurably(at('indexes', `${digest}.caibx`), bytes, { exclusive: false });
      return digest;
    },
    publish,
    async prepareAdoption(offer, name) {
      const manifest = readOffer(offer, keys);
      if (name !== undefined && name !== manifest.name)
        return { manifest, publish: () => publish(renamed(manifest, name)) };
      await manifests.assertFree(manifest, offer.text);
      return {
        manifest,
        async publish() {
          await using _held = await holdWhole(manifest.volumes);
          await manifests.assertFree(manifest, offer.text);
          return manifests.adopt(manifest, offer);
        },
      };
    },
    signAgain: manifests.signAgain,
    holdChunks: async () => holdOf((await hold()).release),
    deferCollection() {
      deferrals++;
      let held = true;
      return holdOf(async () => {
        if (held) deferrals--;
        held = false;
      });
    },
    close: () => chunks.close(),
  };
};
