import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { GreifError } from '../../core/errors.ts';
import { sha256Hex } from '../../core/ids.ts';
import { unlessMissing } from '../../core/missing.ts';
import {
  contentDigest,
  type Manifest,
  type ManifestDraft,
  manifestSchema,
  refOf,
} from '../format/manifest.ts';
import type { PublicKey } from '../format/signature.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import { type OfferedManifest, versionTaken } from './adoption.ts';
import { writeDurably } from './durable-file.ts';

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

const reference = /^([a-z0-9][a-z0-9._-]{0,62})(?:@([1-9][0-9]{0,8}))?$/;
/** Files of an image's folder: `3.json`, its signature `3.sig`, and `2.removed` for a number that was used. */
const kept = /^(\d+)\.json$/;
const used = /^(\d+)\.(?:json|sig|removed)$/;

const notFound = (ref: string): GreifError =>
  new GreifError('IMAGE_NOT_FOUND', `there is no image ${ref}: "greif image list" shows what there is`);

const parseReference = (ref: string): { name: string; version: number | undefined } => {
  const [, name, version] = reference.exec(ref) ?? [];
  if (!name) throw notFound(ref);
  return { name, version: version === undefined ? undefined : Number(version) };
};

/**
 * The manifests of an image store below `folder`: `<name>/<version>.json`, each with its signature beside it. A number is never given twice. Whoever adds one makes
 * sure that its chunks and indexes are there, and stay.
 */
export const openManifests = async (folder: string, keys: KeyRing) => {
  await mkdir(folder, { recursive: true });
  const fileOf = (name: string, version: number, ending: 'json' | 'sig' | 'removed'): string =>
    path.join(folder, name, `${version}.${ending}`);

  /** Newest first. */
  const versions = async (name: string, ending: RegExp): Promise<number[]> => {
    const files = (await readdir(path.join(folder, name)).catch(unlessMissing)) ?? [];
    const numbers = files.map((file) => Number(ending.exec(file)?.[1] ?? 0));
    return numbers.filter((number) => number > 0).sort((a, b) => b - a);
  };

  const read = async (name: string, version: number): Promise<StoredImage> => {
    const text = await readFile(fileOf(name, version, 'json'), 'utf8').catch(unlessMissing);
    if (text === undefined) throw notFound(`${name}@${version}`);
    const signature = await readFile(fileOf(name, version, 'sig')).catch(unlessMissing);
    return {
      manifest: parseManifest(text, `${name}@${version}`),
      text,
      digest: sha256Hex(text),
      signature: signature?.toString('base64url') ?? '',
    };
  };

  /** All versions of all images, by name, newest version first. */
  const list = async (): Promise<StoredImage[]> => {
    const images: StoredImage[] = [];
    for (const name of (await readdir(folder)).sort())
      for (const version of await versions(name, kept)) images.push(await read(name, version));
    return images;
  };

  /** `name` (its newest version) or `name@version`. Throws IMAGE_NOT_FOUND, MANIFEST_INVALID, MANIFEST_UNTRUSTED. */
  const get = async (ref: string): Promise<StoredImage> => {
    const { name, version } = parseReference(ref);
    const number = version ?? (await versions(name, kept))[0];
    if (number === undefined) throw notFound(ref);
    return proven(await read(name, number), keys);
  };

  const writeSignature = (name: string, version: number, text: string, options: { exclusive: boolean }) =>
    writeDurably(fileOf(name, version, 'sig'), Buffer.from(keys.sign(text), 'base64url'), options);

  return {
    list,
    get,
    /** Signs a manifest and keeps it under the next free version; the newest version is returned instead when its content is the same. */
    async publish(draft: ManifestDraft): Promise<StoredImage> {
      await mkdir(path.join(folder, draft.name), { recursive: true });
      for (;;) {
        const [newest] = await versions(draft.name, kept);
        const present = newest === undefined ? undefined : await read(draft.name, newest);
        if (present && isSame(present, draft, keys)) return present;
        const version = ((await versions(draft.name, used))[0] ?? 0) + 1;
        const text = manifestText(draft, version, present);
        // The signature goes first and so takes the number: no manifest is ever there without one.
        if (!(await writeSignature(draft.name, version, text, { exclusive: true }))) continue;
        await writeDurably(fileOf(draft.name, version, 'json'), text, { exclusive: true });
        return get(`${draft.name}@${version}`);
      }
    },
    /** The number is ours to give only if nothing else ever had it. Throws VERSION_TAKEN. */
    async assertFree(manifest: Manifest, text: string): Promise<void> {
      const { name, version } = manifest;
      const content = (ending: 'json' | 'removed') =>
        readFile(fileOf(name, version, ending), 'utf8').catch(unlessMissing);
      const present = await content('json');
      if (present !== undefined && present !== text) throw versionTaken(manifest, 'is another image here');
      const removed = await content('removed');
      if (present === undefined && removed !== undefined && removed !== sha256Hex(text))
        throw versionTaken(manifest, 'was another image here, which was removed');
    },
    /** Keeps one from elsewhere as it is: same name, version, bytes and signature. */
    async adopt(manifest: Manifest, { text, signature }: OfferedManifest): Promise<StoredImage> {
      const { name, version } = manifest;
      await mkdir(path.join(folder, name), { recursive: true });
      const bytes = Buffer.from(signature, 'base64url');
      await writeDurably(fileOf(name, version, 'sig'), bytes, { exclusive: false });
      await writeDurably(fileOf(name, version, 'json'), text, { exclusive: true });
      await rm(fileOf(name, version, 'removed'), { force: true });
      return get(refOf(manifest));
    },
    /** The versions that `ref` names: all of a bare name. Throws IMAGE_NOT_FOUND. */
    async named(ref: string): Promise<{ name: string; numbers: number[] }> {
      const { name, version } = parseReference(ref);
      const numbers =
        version === undefined ? await versions(name, kept) : [(await read(name, version)).manifest.version];
      if (numbers.length === 0) throw notFound(ref);
      return { name, numbers };
    },
    /** Removes one; its number remembers the hash of what it was. */
    async remove(name: string, version: number): Promise<void> {
      const digest = sha256Hex(await readFile(fileOf(name, version, 'json')));
      await writeDurably(fileOf(name, version, 'removed'), digest, { exclusive: false });
      for (const ending of ['json', 'sig'] as const) await rm(fileOf(name, version, ending), { force: true });
    },
    /** Signs with the present key what this appliance signed with an earlier one. Returns how many. */
    async signAgain(): Promise<number> {
      let count = 0;
      for (const { manifest, text, signature } of await list()) {
        const signer = keys.signer(text, signature);
        if (!signer?.own || signer.key === keys.publicKey()) continue;
        await writeSignature(manifest.name, manifest.version, text, { exclusive: false });
        count++;
      }
      return count;
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
  manifest.contentDigest === contentDigest(draft) &&
  manifest.role === draft.role &&
  keys.signer(text, signature) !== undefined;

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
