import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { GreifError } from './errors.ts';

/** A key of AES-256. */
export interface VaultKey {
  /** Stands beside what it seals, so that keys can follow each other. */
  id: string;
  bytes: Uint8Array;
}

/** Encrypts what the database keeps. `about` says what it is, and must be said again to open it: nothing sealed can take another's place. */
export interface Vault {
  seal(plain: string, about: string): string;
  /** Throws SECRET_UNREADABLE. */
  open(sealed: string, about: string): string;
}

/** A vault whose keys can be changed. */
export interface RotatingVault extends Vault {
  /** From now on a new key seals; what older ones sealed still opens. Its id. */
  rotate(): Promise<string>;
  /** Forgets the older keys: seal everything again before. */
  forgetOlder(): Promise<void>;
}

const nonceBytes = 12;
const tagBytes = 16;

export const newVaultKey = (): VaultKey => ({ id: randomBytes(4).toString('hex'), bytes: randomBytes(32) });

const unreadable = (about: string, why: string, cause?: unknown): GreifError =>
  new GreifError(
    'SECRET_UNREADABLE',
    `${about} cannot be decrypted: ${why}. Bring the file of keys that belongs to this database back from a backup, or set the value again`,
    { cause },
  );

/** AES-256-GCM as in `ID.base64url(nonce, tag, ciphertext)`; the first key seals, each opens its own. Asks for the keys each time. */
export const createVault = (keys: () => readonly [VaultKey, ...VaultKey[]]): Vault => ({
  seal(plain, about) {
    const [{ id, bytes }] = keys();
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv('aes-256-gcm', bytes, nonce, { authTagLength: tagBytes });
    cipher.setAAD(Buffer.from(about));
    const text = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
    return `${id}.${Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64url')}`;
  },
  open(sealed, about) {
    const [id, body = ''] = sealed.split('.');
    const key = keys().find((one) => one.id === id);
    if (!key) throw unreadable(about, `the key ${id} is not there`);
    const bytes = Buffer.from(body, 'base64url');
    try {
      const nonce = bytes.subarray(0, nonceBytes);
      const decipher = createDecipheriv('aes-256-gcm', key.bytes, nonce, { authTagLength: tagBytes });
      decipher.setAAD(Buffer.from(about));
      decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
      const text = bytes.subarray(nonceBytes + tagBytes);
      return Buffer.concat([decipher.update(text), decipher.final()]).toString('utf8');
    } catch (cause) {
      throw unreadable(about, 'it was changed, or belongs elsewhere', cause);
    }
  },
});
