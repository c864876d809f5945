import type { ClaimedDeploy } from '../../api/contract/agent.ts';
import { GreifError } from '../../core/errors.ts';
import { sha256Hex } from '../../core/ids.ts';
import { type Manifest, manifestSchema } from '../../image/format/manifest.ts';
import { isSignedBy, type PublicKey } from '../../image/format/signature.ts';

/**
 * The manifest of an order. Nothing of it is even parsed before its signature is proven with the key that this PC was started with.
 * Throws MANIFEST_UNTRUSTED, MANIFEST_INVALID.
 */
export const trustedManifest = (
  { manifest, manifestDigest, signature }: ClaimedDeploy,
  publicKey: PublicKey,
): Manifest => {
  if (!isSignedBy(publicKey, manifest, signature))
    throw new GreifError(
      'MANIFEST_UNTRUSTED',
      "the manifest is not signed by the key that this PC was started with: if the appliance's key was just rotated, restart this PC and file the order again; if not, somebody has changed the manifest",
    );
  const found = sha256Hex(manifest);
  if (found !== manifestDigest)
    throw new GreifError('MANIFEST_INVALID', `the manifest hashes to ${found} instead of ${manifestDigest}`);
  try {
    return manifestSchema.parse(JSON.parse(manifest));
  } catch (cause) {
    throw new GreifError(
      'MANIFEST_INVALID',
      'this agent cannot read the manifest: restart the PC to get a newer one',
      { cause },
    );
  }
};
