import { GreifError } from '../../core/errors.ts';
import { type Manifest, type ManifestDraft, manifestSchema, refOf } from '../format/manifest.ts';
import { isSignedBy, type PublicKey } from '../format/signature.ts';
import type { KeyRing } from '../keys/key-ring.ts';

/** A manifest from elsewhere. */
export interface OfferedManifest {
  /** Its exact bytes, and the signature over them in base64url. */
  text: string;
  signature: string;
  /** Whose signature it says it is. */
  signer?: PublicKey | undefined;
}

/** The manifest, if a key that we trust signed it; nothing of it is read before. Throws MANIFEST_UNTRUSTED, MANIFEST_INVALID. */
export const readOffer = (offer: OfferedManifest, keys: Pick<KeyRing, 'signer'>): Manifest => {
  const { text, signature, signer } = offer;
  if (!keys.signer(text, signature))
    throw untrusted(signer && isSignedBy(signer, text, signature) ? signer : undefined);
  try {
    return manifestSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new GreifError(
      'MANIFEST_INVALID',
      'the manifest is signed but not of a kind that this version of Greif reads',
      {
        cause,
      },
    );
  }
};

const untrusted = (signer: PublicKey | undefined): GreifError =>
  new GreifError(
    'MANIFEST_UNTRUSTED',
    signer
      ? `the image is signed by the key ${signer}, which this appliance does not trust: if that is the other appliance's ("greif key list" there), trust it ("greif key trust ${signer} --comment WHOSE") and repeat`
      : 'the signature of the image is missing or wrong: its manifest was damaged or changed; get it again from where it comes from',
    signer ? { details: { signer } } : {},
  );

/** What is published when an image is taken over under a name of our own. */
export const renamed = (manifest: Manifest, name: string): ManifestDraft => {
  const { version: _version, contentDigest: _digest, parent: _parent, ...rest } = manifest;
  return { ...rest, name };
};

export const versionTaken = (manifest: Manifest, reason: string): GreifError =>
  new GreifError('VERSION_TAKEN', `${refOf(manifest)} ${reason}: take this image under another name`);
