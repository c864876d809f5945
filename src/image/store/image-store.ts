import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { GreifError } from '../../core/errors.ts';
import { sha256Hex } from '../../core/ids.ts';
import {
  contentDigest,
  type Manifest,
  type ManifestDraft,
  manifestSchema,
  refOf,
  sha256Schema,
  type Volume,
} from '../format/manifest.ts';
import type { PublicKey } from '../format/signature.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import { type Collection, collectGarbage } from '../packs/collect.ts';
import { openPackStore, type PackStore } from '../packs/pack-store.ts';
import { measureUsage, type StoreUsage } from '../packs/usage.ts';
import type { ObjectStore } from '../ports.ts';
import { type OfferedManifest, readOffer, renamed, versionTaken } from './adoption.ts';
import { directoryObjects } from './directory-objects.ts';
import { writeDurably } from './durable-file.ts';
import { spaceGuard } from './free-space.ts';
import { openHolds } from './holds.ts';
import type { Lock } from './lock.ts';
import { neededChunks, sweepFiles } from './sweep.ts';
import { readIndex, type Verification, type VerifyOptions, verifyImage, volumeName } from './verify.ts';

/** One version of an image as it is kept. */
export interface StoredImage {
  manifest: Manifest;
  /** The manifest's exact bytes. */
  text: string;
  /** SHA-256 of `text`. */
  digest: string;
  /** Over `text`, as `signText` makes it; empty where there is none. Proven by `get`, not by `list`. */
  signature: string;
  /** The trusted key that made it: of what `get` gives. */
  signer?: PublicKey;
}

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
  usage(): Promise<StoreUsage>;
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
  /**
   * For an import or a capture: while it is held, no chunk that this process asks for or puts is removed, and no index that it adds. At its release what is not needed
   * goes, if a removal is due.
   */
  holdChunks(): Promise<Lock>;
  /** Lets the open pack go; waits for what is being written. */
  close(): Promise<void>;
}

export interface ImageStoreOptions {
  /** Where packs are kept; without it, in the store's own folder. */
  objects?: ObjectStore;
  /** Left free on the disk for collecting garbage, the database and the log. */
  reserveBytes?: number | undefined;
  packBytes?: number;
}

const defaultPackBytes = 64 * 1024 * 1024;

const reference = /^([a-z0-9][a-z0-9._-]{0,62})(?:@([1-9][0-9]{0,8}))?$/;

const notFound = (ref: string): GreifError =>
  new GreifError('IMAGE_NOT_FOUND', `there is no image ${ref}: "greif image list" shows what there is`);

const parseReference = (ref: string): { name: string; version: number | undefined } => {
  const [, name, version] = reference.exec(ref) ?? [];
  if (!name) throw notFound(ref);
  return { name, version: version === undefined ? undefined : Number(version) };
};

const isMissing = (thrown: unknown): boolean => (thrown as NodeJS.ErrnoException).code === 'ENOENT';

/** Opens the store below `folder` and makes what is missing. Several processes may have it open. */
export const openImageStore = async (
  folder: string,
  keys: KeyRing,
  options: ImageStoreOptions = {},
): Promise<ImageStore> => {
  const { reserveBytes = 0, packBytes = defaultPackBytes } = options;
  const at = (...parts: string[]) => path.join(folder, ...parts);
  for (const part of ['indexes', 'manifests', 'imports']) await mkdir(at(part), { recursive: true });
  const objects = options.objects ?? (await directoryObjects(folder));
  const space = spaceGuard(folder, reserveBytes);
  const chunks = await openPackStore({ objects, openFolder: at('open'), space, packBytes });
  const holds = await openHolds(at('holds'));
  const removalDue = at('removal-due');
  const indexesInWork = new Set<string>();
  let holders = 0;

  /** File names of a manifest folder: `3.json`, and `2.removed` for a number that was used. */
  const versions = async (name: string, ending: RegExp): Promise<number[]> => {
    const files = await readdir(at('manifests', name)).catch((thrown) => {
      if (isMissing(thrown)) return [];
      throw thrown;
    });
    const numbers = files.map((file) => Number(ending.exec(file)?.[1] ?? 0));
    return numbers.filter((number) => number > 0).sort((a, b) => b - a);
  };
  const kept = /^(\d+)\.json$/;
  const used = /^(\d+)\.(?:json|sig|removed)$/;

  const read = async (name: string, version: number): Promise<StoredImage> => {
    const text = await readFile(at('manifests', name, `${version}.json`), 'utf8').catch((thrown) => {
      throw isMissing(thrown) ? notFound(`${name}@${version}`) : thrown;
    });
    const signature = await readFile(at('manifests', name, `${version}.sig`)).catch((thrown) => {
      if (isMissing(thrown)) return Buffer.alloc(0);
      throw thrown;
    });
    return {
      manifest: parseManifest(text, `${name}@${version}`),
      text,
      digest: sha256Hex(text),
      signature: signature.toString('base64url'),
    };
  };

  const list = async (): Promise<StoredImage[]> => {
    const images: StoredImage[] = [];
    for (const name of (await readdir(at('manifests'))).sort())
      for (const version of await versions(name, kept)) images.push(await read(name, version));
    return images;
  };

  const get = async (ref: string): Promise<StoredImage> => {
    const { name, version } = parseReference(ref);
    const number = version ?? (await versions(name, kept))[0];
    if (number === undefined) throw notFound(ref);
    return proven(await read(name, number), keys);
  };

  const writeSignature = (name: string, version: number, text: string, options: { exclusive: boolean }) =>
    writeDurably(at('manifests', name, `${version}.sig`), Buffer.from(keys.sign(text), 'base64url'), options);

  const index = async (digest: string): Promise<Buffer | undefined> => {
    if (!sha256Schema.safeParse(digest).success) return undefined;
    const bytes = await readFile(at('indexes', `${digest}.caibx`)).catch((thrown) => {
      if (isMissing(thrown)) return undefined;
      throw thrown;
    });
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
          images = await list();
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
    let collection = await collectOnce();
    while (collection && (await isDue())) collection = (await collectOnce()) ?? collection;
    return collection;
  };

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
    await mkdir(at('manifests', draft.name), { recursive: true });
    for (;;) {
      const [newest] = await versions(draft.name, kept);
      const present = newest === undefined ? undefined : await read(draft.name, newest);
      if (present && isSame(present, draft, keys)) return present;
      const version = ((await versions(draft.name, used))[0] ?? 0) + 1;
      const text = manifestText(draft, version, present);
      // The signature goes first and so takes the number: no manifest is ever there without one.
      if (!(await writeSignature(draft.name, version, text, { exclusive: true }))) continue;
      await writeDurably(at('manifests', draft.name, `${version}.json`), text, { exclusive: true });
      return get(`${draft.name}@${version}`);
    }
  };

  /** The number is ours to give only if nothing else ever had it. */
  const assertFree = async (manifest: Manifest, text: string): Promise<void> => {
    const { name, version } = manifest;
    const content = (ending: string) =>
      readFile(at('manifests', name, `${version}.${ending}`), 'utf8').catch((thrown) => {
        if (isMissing(thrown)) return undefined;
        throw thrown;
      });
    const present = await content('json');
    if (present !== undefined && present !== text) throw versionTaken(manifest, 'is another image here');
    const removed = await content('removed');
    if (present === undefined && removed !== undefined && removed !== sha256Hex(text))
      throw versionTaken(manifest, 'was another image here, which was removed');
  };

  return {
    folder,
    chunks,
    list,
    get,
    index,
    async verify(ref, options) {
      const { manifest } = await get(ref);
      const found = await verifyImage(manifest, { chunks, index }, options);
      return { ...found, packs: await chunks.checkIndexes(options?.signal) };
    },
    collect,
    assertRoom: () => space.assertRoom(),
    usage: async () => measureUsage(chunks, neededChunks(await list(), index)),
    async remove(ref) {
      const { name, version } = parseReference(ref);
      const gone =
        version === undefined ? await versions(name, kept) : [(await read(name, version)).manifest.version];
      if (gone.length === 0) throw notFound(ref);
      await writeDurably(removalDue, '', { exclusive: false });
      for (const number of gone) {
        const digest = sha256Hex(await readFile(at('manifests', name, `${number}.json`)));
        await writeDurably(at('manifests', name, `${number}.removed`), digest, { exclusive: false });
        for (const ending of ['json', 'sig'])
          await rm(at('manifests', name, `${number}.${ending}`), { force: true });
      }
      await collect();
      return gone.map((number) => `${name}@${number}`);
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
      await assertFree(manifest, offer.text);
      return {
        manifest,
        async publish() {
          await assertFree(manifest, offer.text);
          await using _held = await holdWhole(manifest.volumes);
          const file = (ending: string) => at('manifests', manifest.name, `${manifest.version}.${ending}`);
          await mkdir(path.dirname(file('json')), { recursive: true });
          await writeDurably(file('sig'), Buffer.from(offer.signature, 'base64url'), { exclusive: false });
          await writeDurably(file('json'), offer.text, { exclusive: true });
          await rm(file('removed'), { force: true });
          return get(refOf(manifest));
        },
      };
    },
    async signAgain() {
      let count = 0;
      for (const { manifest, text, signature } of await list()) {
        const signer = keys.signer(text, signature);
        if (!signer?.own || signer.key === keys.publicKey()) continue;
        await writeSignature(manifest.name, manifest.version, text, { exclusive: false });
        count++;
      }
      return count;
    },
    async holdChunks() {
      const held = await hold();
      return {
        async release() {
          await held.release();
          if (await isDue()) await collect();
        },
      };
    },
    close: () => chunks.close(),
  };
};

/** Only what a trusted key signed is handed out: no order is filed, written or checked with anything else. */
const proven = (image: StoredImage, keys: KeyRing): StoredImage => {
  const { manifest, text, signature } = image;
  const signer = keys.signer(text, signature);
  if (signer) return { ...image, signer: signer.key };
  const problem = signature
    ? 'its signature was made by no key that this appliance trusts, or its bytes were changed'
    : 'it has no signature';
  throw new GreifError(
    'MANIFEST_UNTRUSTED',
    `the manifest of ${refOf(manifest)} is not to be trusted: ${problem}; import the image again, or trust the key of the appliance that it comes from ("greif key trust")`,
  );
};

/** Whether the newest version already is what is to be published. */
const isSame = ({ manifest, text, signature }: StoredImage, draft: ManifestDraft, keys: KeyRing): boolean =>
  manifest.contentDigest === contentDigest(draft) && keys.signer(text, signature) !== undefined;

/** The exact bytes of a new version. */
const manifestText = (draft: ManifestDraft, version: number, before: StoredImage | undefined): string => {
  const parent = draft.parent ?? (before && { ref: refOf(before.manifest), digest: before.digest });
  const manifest = { ...draft, ...(parent && { parent }), version, contentDigest: contentDigest(draft) };
  return `${JSON.stringify(manifestSchema.parse(manifest), undefined, 2)}\n`;
};

const parseManifest = (text: string, ref: string): Manifest => {
  try {
    return manifestSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new GreifError(
      'MANIFEST_INVALID',
      `the manifest of ${ref} is damaged on the disk: remove that version's file or import the image again`,
      { cause },
    );
  }
};
