import type { Mac } from '../core/mac.ts';
import type { Loader } from '../fleet/room.ts';
import type { Arch, BootClient } from './plan.ts';
import { piBootfile } from './raspberry-pi.ts';
import { type BootSite, serverUrl } from './site.ts';

/** A PC that asks by DHCP, and who is asking: the firmware itself, or iPXE that it has already started. */
export interface NetworkBootClient extends BootClient {
  stage: 'firmware' | 'ipxe';
  /** By what it fetches: PXE by TFTP, UEFI HTTP boot (option 60 `HTTPClient`) by HTTP and from an absolute URL only. */
  transport: 'tftp' | 'http';
  /** The boot ROM of a Raspberry Pi, which wants an offer and files of its own. */
  isRaspberryPi: boolean;
}

/**
 * IANA's "Processor Architecture Types"; from 15 on those of HTTP boot. 7 and 9 both mean x64 UEFI in the field, whatever RFC 4578
 * says of 7. 32-bit ARM (10, 18) has no loader in Debian.
 */
const archNames: Partial<Record<number, Arch>> = {
  0: 'bios',
  6: 'uefi-ia32',
  7: 'uefi-x64',
  9: 'uefi-x64',
  11: 'uefi-arm64',
  15: 'uefi-ia32',
  16: 'uefi-x64',
  19: 'uefi-arm64',
  20: 'bios',
};

/** Of several the first that we know. */
export const archOf = (numbers: readonly number[]): Arch | undefined =>
  numbers.map((number) => archNames[number]).find((name) => name !== undefined);

/** `undefined` for what is no UUID, and for all zeros or ones, which whole series of boards share. */
export const ownUuid = (uuid: string | undefined): string | undefined =>
  uuid !== undefined &&
  /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(uuid) &&
  !/^([0-]+|[f-]+)$/.test(uuid)
    ? uuid
    : undefined;

/** By firmware, below the boot folder. shim needs UEFI; no iPXE for 32-bit UEFI is packaged. */
const loaderFiles: Record<Arch, Partial<Record<Loader, string>>> = {
  bios: { ipxe: 'loaders/undionly.kpxe' },
  'uefi-ia32': { shim: 'loaders/shimia32.efi' },
  'uefi-x64': { shim: 'loaders/shimx64.efi', ipxe: 'loaders/snponly.efi' },
  'uefi-arm64': { shim: 'loaders/shimaa64.efi', ipxe: 'loaders/ipxe-arm64.efi' },
};

/** The wanted loader where there is one for this firmware, else the one that there is. */
const availableLoader = (arch: Arch, wanted: Loader): Loader => {
  const files = loaderFiles[arch];
  if (files[wanted]) return wanted;
  return files.ipxe ? 'ipxe' : 'shim';
};

/** Where iPXE finds a script that asks for the PC's own one: for whoever cannot put the MAC into an address. */
export const entryScriptUrl = (server: string): string => `${server}/boot/ipxe`;

/** Debian's shim, which knows the agent's kernel. */
export const shimLoader = (arch: Arch | undefined): string =>
  loaderFiles[arch ?? 'uefi-x64'].shim ?? 'loaders/shimx64.efi';

/** The iPXE that GRUB starts under UEFI to do what it cannot itself. */
export const ipxeLoader = (arch: Exclude<Arch, 'bios'>): string =>
  loaderFiles[arch].ipxe ?? 'loaders/snponly.efi';

/** The GRUB that iPXE starts under UEFI to reach the PC's disk. */
export const grubLoader = (arch: Arch | undefined): string => {
  if (arch === 'uefi-arm64') return 'loaders/grubaa64.efi';
  return arch === 'uefi-ia32' ? 'loaders/grubia32.efi' : 'loaders/grubx64.efi';
};

/** Where iPXE finds the script of this PC, on a server `http://ADDRESS:PORT`. */
export const scriptUrl = ({ mac, uuid, arch }: BootClient, server: string): string => {
  const query = [`mac=${mac}`, uuid && `uuid=${uuid}`, arch && `arch=${arch}`].filter(Boolean);
  return `${entryScriptUrl(server)}?${query.join('&')}`;
};

/**
 * What a PC shall load next; `undefined` when we have nothing for its firmware. iPXE gets the script, not iPXE again: else
 * it would load itself for ever.
 */
export const chooseBootfile = (client: NetworkBootClient, site: BootSite): string | undefined => {
  if (client.stage === 'ipxe') return scriptUrl(client, serverUrl(site));
  if (client.isRaspberryPi) return piBootfile;
  if (client.arch === undefined) return undefined;
  const loader = availableLoader(client.arch, site.loaderOf(client.mac));
  const own = loader === 'ipxe' ? site.ownIpxe?.[client.arch] : undefined;
  const file = own ?? loaderFiles[client.arch][loader];
  return client.transport === 'http' ? `${serverUrl(site)}/boot/files/${file}` : file;
};

/** What one kind of firmware is to load. */
export interface FirmwareRow {
  arch: Arch;
  transport: NetworkBootClient['transport'];
  loader: Loader;
  /** The architecture types (option 93) by which it is known. */
  numbers: number[];
  bootfile: string;
}

/** IANA gave the types from 15 on to HTTP boot. */
const firstHttpType = 15;
const noMac = '00:00:00:00:00:00' as Mac;

/** The same for all firmware: what another DHCP server has to answer in our place. */
export const firmwareTable = (site: BootSite): FirmwareRow[] => {
  const rows = new Map<string, FirmwareRow>();
  for (const [text, arch] of Object.entries(archNames)) {
    const number = Number(text);
    const transport = number < firstHttpType ? 'tftp' : 'http';
    const client = { mac: noMac, arch, stage: 'firmware', transport, isRaspberryPi: false } as const;
    const bootfile = arch && chooseBootfile(client, site);
    if (!arch || bootfile === undefined) continue;
    const present = rows.get(bootfile);
    const loader = availableLoader(arch, site.loaderOf(noMac));
    if (present) present.numbers.push(number);
    else rows.set(bootfile, { arch, transport, loader, numbers: [number], bootfile });
  }
  return [...rows.values()];
};
