import type { ClaimedDeploy } from '../../api/contract/agent.ts';
import { GreifError } from '../../core/errors.ts';
import { type WindowsKit, windowsKitSchema } from '../../fleet/windows-kit.ts';
import { isSignedBy, type PublicKey } from '../../image/format/signature.ts';

/** What the order brings for a Windows, proven like its manifest. Throws MANIFEST_UNTRUSTED, MANIFEST_INVALID. */
export const trustedKit = (
  { windows }: Pick<ClaimedDeploy, 'windows'>,
  publicKey: PublicKey,
): WindowsKit | undefined => {
  if (!windows) return undefined;
  if (!isSignedBy(publicKey, windows.kit, windows.signature))
    throw new GreifError(
      'MANIFEST_UNTRUSTED',
      'what the order brings for Windows is not signed by the key that this PC was started with: restart this PC and file the order again',
    );
  try {
    return windowsKitSchema.parse(JSON.parse(windows.kit));
  } catch (cause) {
    throw new GreifError(
      'MANIFEST_INVALID',
      'this agent cannot read what the order brings for Windows: restart the PC to get a newer one',
      { cause },
    );
  }
};
