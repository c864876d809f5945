import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { z } from 'zod';

/** An Ed25519 public key (RFC 8032): its 32 bytes in base64url, as `greif.key=` has it on the agent's kernel command line. */
export const publicKeySchema = z
  .string()
  .regex(/^[\w-]{43}$/, 'an Ed25519 public key is 43 letters, digits, "-" and "_"');

export type PublicKey = z.infer<typeof publicKeySchema>;

export const publicKeyOf = (privateKey: KeyObject): PublicKey =>
  createPublicKey(privateKey).export({ format: 'jwk' }).x as PublicKey;

/** Over the exact bytes of `text`: 64 bytes in base64url. The same key and text always give the same signature. */
export const signText = (privateKey: KeyObject, text: string): string =>
  sign(null, Buffer.from(text), privateKey).toString('base64url');

/** Whether that key made this signature over these bytes; anything malformed is a no. */
export const isSignedBy = (key: PublicKey, text: string, signature: string): boolean => {
  const bytes = Buffer.from(signature, 'base64url');
  if (bytes.length !== 64 || !publicKeySchema.safeParse(key).success) return false;
  try {
    const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: key }, format: 'jwk' });
    return verify(null, Buffer.from(text), publicKey, bytes);
  } catch {
    return false; // 32 bytes that are no point of the curve
  }
};
