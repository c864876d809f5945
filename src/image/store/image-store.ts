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
} from '../format/manifest.ts';
import type { PublicKey } from '../format/signature.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import type { ChunkStore } from '../ports.ts';
import { type OfferedManifest, readOffer, renamed, versionTaken } from './adoption.ts';
import { directoryStore } from './directory-store.ts';
import { writeDurably } from './durable-file.ts';
import { type Lock, takeLock } from './lock.ts';
import { sweep } from './sweep.ts';
import { type Verification, type VerifyProgress, verifyImage } from './verify.ts';

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

/** Images below one folder: `chunks/`, `indexes/<digest>.caibx`, `manifests/<name>/<version>.json` with its signature (64 bytes) in `<version>.sig`, `imports/` (unfinished work). */
export interface ImageStore {
  readonly folder: string;
  readonly chunks: ChunkStore;
  /** All versions of all images, by name, newest version first. */
  list(): Promise<StoredImage[]>;
  /** `name` (its newest version) or `name@version`. Throws IMAGE_NOT_FOUND, MANIFEST_INVALID; MANIFEST_UNTRUSTED when no trusted key signed it. */
  get(ref: string): Promise<StoredImage>;
  /** The bytes of an index, proven against its digest; `undefined` when there is none. Throws INDEX_INVALID. */
  index(digest: string): Promise<Buffer | undefined>;
  /** Reads and proves every chunk of an image. */
  verify(
    ref: string,
    onProgress?: (progress: VerifyProgress) => void,
    signal?: AbortSignal,
  ): Promise<Verification>;
  /**
   * Removes `name@version`, or all versions of `name`, then chunks and indexes that nothing needs any more. While an import runs they stay until its end.
   * Returns what was removed (`name@version`). A version's number is never given again.
   */
  remove(ref: string): Promise<string[]>;
  /** For an import: keeps an index and returns its digest. */
  addIndex(bytes: Buffer): Promise<string>;
  /** For an import: signs a manifest and keeps it under the next free version; the newest version is returned instead when its content is the same. */
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
  /** For an import: while it is held, no chunk is removed. At its release what is not needed goes, if a removal is due. */
  holdChunks(): Promise<Lock>;
}

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
export const openImageStore = async (folder: string, keys: KeyRing): Promise<ImageStore> => {
  const at = (...parts: string[]) => path.join(folder, ...parts);
  for (const part of ['indexes', 'manifests', 'imports']) await mkdir(at(part), { recursive: true });
  const chunks = await directoryStore(at('chunks'));
  const lockFile = at('lock');
  const removalDue = at('removal-due');

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

  /** Removes what nothing needs, unless an import runs: then that does it when it ends. */
  const removeUnneeded = async (): Promise<void> => {
    const lock = await takeLock(lockFile, 'exclusive', { wait: false });
    if (!lock) return;
    try {
      await sweep({ folder, chunks, images: await list(), index });
      await rm(removalDue, { force: true });
    } finally {
      await lock.release();
    }
  };

  const publish = async (draft: ManifestDraft): Promise<StoredImage> => {
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
    verify: async (ref, onProgress, signal) =>
      verifyImage((await get(ref)).manifest, { chunks, index }, onProgress, signal),
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
      await removeUnneeded();
      return gone.map((number) => `${name}@${number}`);
    },
    async addIndex(bytes) {
      const digest = sha256Hex(bytes);
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
      const lock = await takeLock(lockFile, 'shared', { wait: true });
      return {
        async release() {
          await lock?.release();
          if ((await readdir(folder)).includes('removal-due')) await removeUnneeded();
        },
      };
    },
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
