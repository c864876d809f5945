import type { Subnet } from '../dhcp/subnet.ts';
import { subnetText } from '../dhcp/subnet.ts';
import { entryScriptUrl, type FirmwareRow, firmwareTable } from '../loader.ts';
import { type BootSite, serverUrl } from '../site.ts';

/** What a site's own DHCP server must know to start PCs from us. */
export interface BootFacts {
  /** Next server: ours on that network. */
  serverAddress: string;
  /** That of the network, `10.77.0.0`, and the whole, `10.77.0.0/24`. */
  network: string;
  cidr: string;
  /** For iPXE, which our loaders start: user class `iPXE`. */
  scriptUrl: string;
  rows: readonly NamedRow[];
}

export interface NamedRow extends FirmwareRow {
  /** `uefi-x64`, `uefi-x64-http`. */
  name: string;
  /** What option 60 begins with, for each architecture type: `PXEClient:Arch:00007`. */
  vendorClasses: string[];
}

const named = (row: FirmwareRow): NamedRow => {
  const [suffix, client] = row.transport === 'http' ? ['-http', 'HTTPClient'] : ['', 'PXEClient'];
  return {
    ...row,
    name: row.arch + suffix,
    vendorClasses: row.numbers.map((number) => `${client}:Arch:${String(number).padStart(5, '0')}`),
  };
};

export const bootFacts = (subnet: Subnet, site: BootSite): BootFacts => {
  const cidr = subnetText(subnet);
  return {
    serverAddress: site.serverAddress,
    network: cidr.split('/')[0] ?? cidr,
    cidr,
    scriptUrl: entryScriptUrl(serverUrl(site)),
    rows: firmwareTable(site).map(named),
  };
};

/** `0x0007`, an architecture type as two bytes. */
export const typeHex = (number: number): string => number.toString(16).padStart(4, '0');
