import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { sha256Hex } from '../core/ids.ts';
import type { Log } from '../core/log.ts';
import type { Arch } from './plan.ts';

/** wimboot by firmware, below the boot folder. No package has it: its makers' release for x64 serves BIOS and UEFI, and is signed for Secure Boot. */
export type OwnWimboot = Partial<Record<Arch, string>>;

const files: Record<string, readonly Arch[]> = {
  'custom/wimboot': ['bios', 'uefi-x64'],
  'custom/arm64/wimboot': ['uefi-arm64'],
};

/** Looks for the operator's wimboot, which starts Windows PE from iPXE. The log names what is there, with its SHA-256. */
export const findOwnWimboot = async (bootFolder: string, log: Log): Promise<OwnWimboot> => {
  const found: OwnWimboot = {};
  for (const [file, archs] of Object.entries(files)) {
    const sha256 = await readFile(path.join(bootFolder, file)).then(sha256Hex, () => undefined);
    if (sha256 === undefined) continue;
    for (const arch of archs) found[arch] = file;
    log.info('wimboot in the boot folder starts Windows PE', { file, sha256 });
  }
  return found;
};
