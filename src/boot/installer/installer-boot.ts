import { GreifError } from '../../core/errors.ts';
import type { OsSystem } from '../../fleet/profile.ts';
import { type InstallerFacts, kernelArguments } from './kernel-arguments.ts';

/** What a PC loads to start an installer. Addresses are absolute and escaped as in a URL. */
export type InstallerBoot =
  | {
      kind: 'linux';
      kernel: string;
      initrds: readonly string[];
      arguments: readonly string[];
    }
  /** Windows' boot.wim by iPXE's wimboot. */
  | {
      kind: 'wimboot';
      wimboot: string;
      /** By the name that Windows' boot manager has for it. */
      files: readonly { name: string; url: string }[];
    };

/** Of an installer source, what starts it. Paths count from its root. */
export interface StartedSource {
  name: string;
  kernel?: string | undefined;
  initrds: readonly string[];
  /** `iso`: all of it can be fetched as one file. */
  kind: 'iso' | 'netboot' | 'folder';
}

/** The PC, as far as it matters for what it can start. */
export interface StartedPc {
  name: string;
  /** From its inventory; `null` when it cannot be told, as on BIOS PCs. */
  secureBoot: boolean | null;
}

const fileUrl = (sourceUrl: string, path: string): string =>
  sourceUrl + path.split('/').map(encodeURIComponent).join('/');

/** Our shim vouches for kernels that Debian has signed; another's shim would load the GRUB that lies beside ours. */
const assertTrusted = (system: OsSystem, { name, secureBoot }: StartedPc): void => {
  if (secureBoot === true && system !== 'debian')
    throw new GreifError(
      'INSTALLER_UNBOOTABLE',
      `${name} has Secure Boot on, and the shim that starts it trusts Debian's kernels only: switch Secure Boot off in its firmware, install ${system}, and switch it on again`,
    );
};

/** The kernel of the source. Throws INSTALLER_UNBOOTABLE when this PC cannot start it by the network; Windows' is not started this way. */
export const assertBootable = (
  system: OsSystem,
  { name, kernel, kind }: StartedSource,
  pc: StartedPc,
): { kernel: string } => {
  if (!kernelArguments[system])
    throw new GreifError(
      'INSTALLER_UNBOOTABLE',
      `the installer of ${system} cannot be started by the network: install one PC from a USB stick, capture it and deploy that image`,
    );
  if (kernel === undefined)
    throw new GreifError(
      'INSTALLER_UNBOOTABLE',
      `in the source ${name} no kernel was found: import it again and say where it is ("greif source import --kernel … --initrd …")`,
    );
  if (system === 'ubuntu' && kind !== 'iso')
    throw new GreifError(
      'INSTALLER_UNBOOTABLE',
      `the source ${name} is no ISO, and Ubuntu's installer holds a whole one in memory: import Ubuntu's live server ISO`,
    );
  assertTrusted(system, pc);
  return { kernel };
};

/** Kernel, initrd and arguments of a system's installer. Pure. Throws as `assertBootable`. */
export const linuxBoot = (
  system: OsSystem,
  source: StartedSource,
  pc: StartedPc,
  facts: InstallerFacts,
): InstallerBoot => {
  const { kernel } = assertBootable(system, source, pc);
  return {
    kind: 'linux',
    kernel: fileUrl(facts.sourceUrl, kernel),
    initrds: [
      ...source.initrds.map((initrd) => fileUrl(facts.sourceUrl, initrd)),
      ...(facts.trustUrl === undefined ? [] : [facts.trustUrl]),
    ],
    arguments: kernelArguments[system]?.(facts) ?? [],
  };
};
