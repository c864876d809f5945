import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { GreifError } from '../../core/errors.ts';
import { type PublicKey, publicKeyOf, publicKeySchema } from '../format/signature.ts';
import { writeDurably } from '../store/durable-file.ts';

/** A public key whose signatures this appliance accepts. */
export const trustedKeySchema = z.object({
  key: publicKeySchema,
  /** Whether this appliance made it, now or before a rotation. */
  own: z.boolean(),
  /** Whose it is, for people. */
  comment: z.string().max(256),
  trustedAt: z.iso.datetime(),
});

export type TrustedKey = z.infer<typeof trustedKeySchema>;

const keyInvalid = (file: string, problem: string, cause?: unknown): GreifError =>
  new GreifError('KEY_INVALID', `${file} ${problem}`, { cause });

/** Its public key never begins with "-": it is an operand of commands, which would take it for an option. */
export const newPrivateKey = (): KeyObject => {
  const { privateKey } = generateKeyPairSync('ed25519');
  return publicKeyOf(privateKey).startsWith('-') ? newPrivateKey() : privateKey;
};

/** PKCS#8 in PEM, which OpenSSL reads too. Only its owner may read it. */
export const writePrivateKey = (
  file: string,
  key: KeyObject,
  options: { exclusive: boolean },
): Promise<boolean> =>
  writeDurably(file, key.export({ format: 'pem', type: 'pkcs8' }), { ...options, mode: 0o600 });

/** `undefined`: there is none yet. Throws KEY_INVALID for one that is damaged or that others may read. */
export const readPrivateKey = async (file: string): Promise<KeyObject | undefined> => {
  const found = await stat(file).catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === 'ENOENT') return undefined;
    throw keyInvalid(file, `cannot be reached: ${thrown.message}`, thrown);
  });
  if (!found) return undefined;
  if ((found.mode & 0o077) !== 0)
    throw keyInvalid(file, `may be read by others than its owner: "chmod 600 ${file}", then start again`);
  const key = await readKeyFile(file);
  if (key.asymmetricKeyType === 'ed25519') return key;
  throw keyInvalid(file, `holds a key of type ${key.asymmetricKeyType} instead of ed25519: ${remedy}`);
};

const remedy =
  'bring it back from a backup; without one move it away and start again: a new key is made, and what was signed before stays trusted';

const readKeyFile = async (file: string): Promise<KeyObject> => {
  try {
    return createPrivateKey(await readFile(file));
  } catch (cause) {
    throw keyInvalid(file, `holds no private key that can be read: ${remedy}`, cause);
  }
};

/** One file a key, so that adding one never touches another. */
export const writeTrustedKey = (folder: string, trusted: TrustedKey): Promise<boolean> => {
  const file = path.join(folder, `${trusted.key}.json`);
  return writeDurably(file, `${JSON.stringify(trusted, undefined, 2)}\n`, { exclusive: false });
};

export const removeTrustedKey = (folder: string, key: PublicKey): Promise<void> =>
  rm(path.join(folder, `${key}.json`), { force: true });

/** Throws KEY_INVALID. */
export const readTrustedKeys = async (folder: string): Promise<TrustedKey[]> => {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.json')).sort();
  const found = await Promise.all(files.map((file) => readTrustedKey(path.join(folder, file))));
  return found.filter((one) => one !== undefined);
};

/** `undefined`: it was just removed. */
const readTrustedKey = async (file: string): Promise<TrustedKey | undefined> => {
  try {
    const trusted = trustedKeySchema.parse(JSON.parse(await readFile(file, 'utf8')));
    if (`${trusted.key}.json` === path.basename(file)) return trusted;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw keyInvalid(file, 'cannot be read: bring it back from a backup, or remove it', cause);
  }
  throw keyInvalid(file, 'is about another key than its name says: remove it');
};
