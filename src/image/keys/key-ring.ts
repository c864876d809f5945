import type { KeyObject } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { GreifError } from '../../core/errors.ts';
import { isSignedBy, type PublicKey, publicKeyOf, signText } from '../format/signature.ts';
import {
  newPrivateKey,
  readPrivateKey,
  readTrustedKeys,
  removeTrustedKey,
  type TrustedKey,
  writePrivateKey,
  writeTrustedKey,
} from './key-files.ts';

/** The appliance's own key, and the keys whose signatures it accepts: its own, its former ones, and those it was told to trust. */
export interface KeyRing {
  /** With which `sign` signs: what agents are given. */
  publicKey(): PublicKey;
  /** Signs the exact bytes of a manifest. */
  sign(text: string): string;
  /** Who signed these bytes; `undefined`: nobody whom this appliance trusts. */
  signer(text: string, signature: string): TrustedKey | undefined;
  /** Its own first. */
  trusted(): TrustedKey[];
  /** Harmless when repeated. */
  trust(key: PublicKey, comment: string): Promise<TrustedKey>;
  /** Throws KEY_NOT_FOUND; KEY_IN_USE for the present own key. */
  distrust(key: PublicKey): Promise<void>;
  /** Makes a new key of its own; the former one stays trusted. Sign again what it signed. */
  rotate(): Promise<PublicKey>;
}

/**
 * Opens the keys below `folder` (`signing.pem`, `trusted/`); at the very first start the key is made. Nothing that is there is ever overwritten but by
 * a rotation. Throws KEY_INVALID with what to do.
 */
export const openKeyRing = async (folder: string): Promise<KeyRing> => {
  const privateFile = path.join(folder, 'signing.pem');
  const trustedFolder = path.join(folder, 'trusted');
  await mkdir(trustedFolder, { recursive: true });

  const keys = new Map((await readTrustedKeys(trustedFolder)).map((one) => [one.key, one]));
  const trust = async (key: PublicKey, own: boolean, comment: string): Promise<TrustedKey> => {
    const present = keys.get(key);
    if (present) return present;
    const trusted = { key, own, comment, trustedAt: new Date().toISOString() };
    await writeTrustedKey(trustedFolder, trusted);
    keys.set(key, trusted);
    return trusted;
  };
  let privateKey = await readOrMake(privateFile);
  let publicKey = publicKeyOf(privateKey);
  // Kept apart from the private key: what was signed stays trusted even when that is lost.
  const trustOwn = () => trust(publicKey, true, 'this appliance');
  await trustOwn();

  return {
    publicKey: () => publicKey,
    sign: (text) => signText(privateKey, text),
    signer: (text, signature) => [...keys.values()].find(({ key }) => isSignedBy(key, text, signature)),
    trusted: () =>
      [...keys.values()].sort((a, b) => Number(b.key === publicKey) - Number(a.key === publicKey)),
    trust: (key, comment) => trust(key, false, comment),
    async distrust(key) {
      if (key === publicKey)
        throw new GreifError(
          'KEY_IN_USE',
          'this is the key with which this appliance signs: "greif key rotate" makes another one first',
        );
      if (!keys.has(key))
        throw new GreifError(
          'KEY_NOT_FOUND',
          `the key ${key} is not trusted: "greif key list" shows which are`,
        );
      await removeTrustedKey(trustedFolder, key);
      keys.delete(key);
    },
    async rotate() {
      const made = newPrivateKey();
      await writePrivateKey(privateFile, made, { exclusive: false });
      privateKey = made;
      publicKey = publicKeyOf(made);
      await trustOwn();
      return publicKey;
    },
  };
};

const readOrMake = async (file: string): Promise<KeyObject> => {
  const present = await readPrivateKey(file);
  if (present) return present;
  const made = newPrivateKey();
  if (await writePrivateKey(file, made, { exclusive: true })) return made;
  return readOrMake(file); // another process was first, and its key counts
};
