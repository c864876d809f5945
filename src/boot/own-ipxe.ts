import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { sha256Hex } from '../core/ids.ts';
import type { Log } from '../core/log.ts';
import type { Arch } from './plan.ts';

/** The operator's own iPXE by firmware: the file that is offered instead of ours, below the boot folder. */
export type OwnIpxe = Partial<Record<Arch, string>>;

/** Where it lies, beside what is to be started first. */
const folders: Partial<Record<Arch, string>> = { 'uefi-x64': 'custom', 'uefi-arm64': 'custom/arm64' };

/**
 * Looks for an iPXE that is signed for Secure Boot: `custom/ipxe.efi`, and the shim that starts it, `custom/ipxe-shim.efi`, if it is not signed by a key
 * that the firmware itself has. The log names what will be used, with its SHA-256.
 */
export const findOwnIpxe = async (bootFolder: string, log: Log): Promise<OwnIpxe> => {
  const found: OwnIpxe = {};
  for (const [arch, folder] of Object.entries(folders) as [Arch, string][]) {
    const sha256 = (name: string): Promise<string | undefined> =>
      readFile(path.join(bootFolder, folder, name)).then(sha256Hex, () => undefined);
    const [shim, ipxe] = [await sha256('ipxe-shim.efi'), await sha256('ipxe.efi')];
    if (ipxe !== undefined) {
      found[arch] = `${folder}/${shim === undefined ? 'ipxe.efi' : 'ipxe-shim.efi'}`;
      log.info('the iPXE in the boot folder is used instead of ours', {
        arch,
        file: found[arch],
        shim,
        ipxe,
      });
    } else if (shim !== undefined)
      log.warn(`${folder}/ipxe-shim.efi is not used: the ipxe.efi that it starts must lie beside it`);
  }
  return found;
};
