import type { Arch, BootClient } from './plan.ts';
import { type BootSite, serverUrl } from './site.ts';

/** A PC that asks by DHCP, and who is asking: the firmware itself, or iPXE that it has already started. */
export interface NetworkBootClient extends BootClient {
  stage: 'firmware' | 'ipxe';
}

/** IANA's "Processor Architecture Types". 7 and 9 both mean x64 UEFI in the field, whatever RFC 4578 says of 7. */
const archNames: Partial<Record<number, Arch>> = {
  0: 'bios',
  6: 'uefi-ia32',
  7: 'uefi-x64',
  9: 'uefi-x64',
  11: 'uefi-arm64',
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

const uefiLoaders = { shim: 'loaders/shimx64.efi', ipxe: 'loaders/snponly.efi' } as const;

/** Where iPXE finds the script of this PC, on a server `http://ADDRESS:PORT`. */
export const scriptUrl = ({ mac, uuid, arch }: BootClient, server: string): string => {
  const query = [`mac=${mac}`, uuid && `uuid=${uuid}`, arch && `arch=${arch}`].filter(Boolean);
  return `${server}/boot/ipxe?${query.join('&')}`;
};

/**
 * What a PC shall load next; `undefined` when we have nothing for its firmware. iPXE gets the script, not iPXE again: else
 * it would load itself for ever.
 */
export const chooseBootfile = (client: NetworkBootClient, site: BootSite): string | undefined => {
  if (client.stage === 'ipxe') return scriptUrl(client, serverUrl(site));
  if (client.arch === 'bios') return 'loaders/undionly.kpxe';
  if (client.arch === 'uefi-x64') return uefiLoaders[site.uefiLoader];
  return undefined;
};
