import { type PublicKey, publicKeyOf, signText } from '../../src/image/format/signature.ts';
import { newPrivateKey } from '../../src/image/keys/key-files.ts';

export interface SampleKey {
  publicKey: PublicKey;
  sign(text: string): string;
}

export const newSampleKey = (): SampleKey => {
  const key = newPrivateKey();
  return { publicKey: publicKeyOf(key), sign: (text) => signText(key, text) };
};

/** The key of the appliance that a test pretends to be. */
export const sampleKey = newSampleKey();
