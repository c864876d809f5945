import { type Mac, parseMac } from '../../core/mac.ts';
import { agentFolder } from '../agent-folder.ts';
import type { InstallerBoot } from '../installer/installer-boot.ts';
import { ipxeLoader } from '../loader.ts';
import type { Arch, BootClient } from '../plan.ts';
import type { PlannedBoot } from '../ports.ts';
import { agentArguments, type ScriptSite } from './agent-arguments.ts';
import { diskLoaders } from './disk-loaders.ts';
import { grubWord } from './words.ts';

/** A PC that runs GRUB, which is never a BIOS one here. */
export interface GrubClient extends BootClient {
  mac: Mac;
  arch: Exclude<Arch, 'bios'>;
}

export interface GrubSite extends ScriptSite {
  /** The boot folder as GRUB reaches it from where it came: empty by TFTP, `/boot/files` by HTTP. */
  filesPath: string;
}

/** By the name that GRUB has for its processor (`$grub_cpu`). */
const grubProcessors: Record<string, GrubClient['arch']> = {
  x86_64: 'uefi-x64',
  i386: 'uefi-ia32',
  arm64: 'uefi-arm64',
};

const machineFile = /^grub\/machines\/(\w+)\/((?:[0-9a-f]{2}:){5}[0-9a-f]{2})\.cfg$/;

/** Whose own configuration a path is; `undefined` for any other path. */
export const clientOfGrubPath = (path: string): GrubClient | undefined => {
  const [, processor = '', mac = ''] = machineFile.exec(path) ?? [];
  const arch = Object.hasOwn(grubProcessors, processor) ? grubProcessors[processor] : undefined;
  return arch && { mac: parseMac(mac), arch };
};

/** GRUB's first configuration, the same for all PCs, where its signed builds look for it: it goes on to the PC's own. */
export const grubEntryPath = 'grub/grub.cfg';
const toMachineFile = 'configfile /grub/machines/$grub_cpu/$net_default_mac.cfg';
export const renderGrubEntry = (): string => `${toMachineFile}\n`;

/** What does not arrive is asked for again. */
const load = (linux: string, initrds: string, hints: readonly string[] = []): string[] => [
  `if linux ${linux}; then`,
  `  if initrd ${initrds}; then boot; fi`,
  'fi',
  "echo 'Greif: the boot files did not arrive, trying again in 10 seconds'",
  ...hints,
  'sleep 10',
  toMachineFile,
];

/** Kernel and initrd come from where GRUB came from. */
const agentScript = (client: GrubClient, boot: PlannedBoot, site: GrubSite): string[] => {
  const folder = `${site.filesPath}/${agentFolder(client.arch)}`;
  return load(
    `${folder}/vmlinuz ${agentArguments(client, boot, site)}`,
    `${folder}/initrd.img`,
    client.arch === 'uefi-arm64'
      ? ["echo 'Was the ARM64 agent made on the server? (npm run boot -- --arch arm64)'"]
      : [],
  );
};

/** `(http,ADDRESS:PORT)/PATH`: over HTTP wherever GRUB came from, as sources are too large for TFTP. */
const httpFile = (url: string): string => {
  const { host, pathname } = new URL(url);
  return `(http,${host})${pathname}`;
};

const installerScript = ({ arch }: GrubClient, installer: InstallerBoot, site: GrubSite): string[] => {
  // Only iPXE has what wimboot needs; it asks for its own script.
  if (installer.kind === 'wimboot')
    return [
      `if chainloader ${site.filesPath}/${ipxeLoader(arch)}; then boot; fi`,
      "echo 'Greif: iPXE, which starts Windows Setup, did not arrive or is not trusted'",
      'sleep 10',
      toMachineFile,
    ];
  const { kernel, initrds } = installer;
  return load(
    [httpFile(kernel), ...installer.arguments].map(grubWord).join(' '),
    initrds.map((url) => grubWord(httpFile(url))).join(' '),
  );
};

/**
 * GRUB starts the disk's loader itself. Its `exit` tells the firmware "success", upon which OVMF and others open their menu and wait
 * for a hand (UEFI 2.10 section 3.1.1): that is left for a PC whose disk has no loader. `chainloader` hands its child the device in `root`.
 */
const localDiskScript = ({ arch }: GrubClient): string[] => [
  'for partition in (hd*,*); do',
  `  for loader in ${diskLoaders(arch).join(' ')}; do`,
  '    if [ -f "$partition$loader" ]; then',
  '      set root=$partition',
  '      if chainloader $loader; then boot; fi',
  '    fi',
  '  done',
  'done',
  "echo 'Greif: no disk of this PC has a boot loader'",
  'sleep 5',
  'exit',
];

const plannedScript = (client: GrubClient, boot: PlannedBoot, site: GrubSite): string[] => {
  if (boot.plan.kind === 'local-disk') return localDiskScript(client);
  return boot.installer ? installerScript(client, boot.installer, site) : agentScript(client, boot, site);
};

/** The configuration that GRUB runs for this PC. */
export const renderGrubScript = (client: GrubClient, boot: PlannedBoot, site: GrubSite): string =>
  [`echo 'Greif: ${boot.plan.kind}, boot ${boot.bootId}'`, ...plannedScript(client, boot, site), ''].join(
    '\n',
  );
