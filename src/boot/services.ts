import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { Mac } from '../core/mac.ts';
import { type Service, startAll } from '../core/start-all.ts';
import type { Loader } from '../fleet/room.ts';
import { bootFolder } from './boot-folder.ts';
import { createDhcpDesk, type DhcpDesk } from './dhcp/dhcp-desk.ts';
import { interfaceSubnet } from './dhcp/interface-subnet.ts';
import type { LeaseLedger } from './dhcp/lease-ledger.ts';
import { startProxyDhcp } from './dhcp/proxy.ts';
import { allScopes, type InterfaceScope } from './dhcp/scope.ts';
import type { DhcpConfig } from './dhcp/scope-schema.ts';
import { startDhcpServer } from './dhcp/server.ts';
import type { BootDesk } from './ports.ts';
import { type BootSite, kernelWords, serverUrl } from './site.ts';
import { withGrubFiles } from './tftp/desk-files.ts';
import { startTftpServer } from './tftp/server.ts';

export interface BootInterface extends Omit<InterfaceScope, 'subnet'> {
  dhcp: 'server' | 'proxy' | 'off';
}

export interface BootServicesOptions {
  interfaces: readonly BootInterface[];
  ports: { dhcp: number; proxyDhcp: number; tftp: number };
  httpPort: number;
  bootFolder: string;
  desk: BootDesk;
  ledger: LeaseLedger;
  /** Scopes and what is set for all of them. */
  dhcp: DhcpConfig;
  /** The site's choice, and what is set for a PC or its room. */
  uefiLoader: Loader;
  loaderOf(mac: Mac): Loader | undefined;
  kernelArguments: string;
  log: Log;
  clock: Clock;
}

/** One desk for all interfaces that give addresses: a relayed client may come in on any. */
const dhcpDesk = (options: BootServicesOptions): DhcpDesk => {
  const { dhcp, ledger, clock, log } = options;
  const faces = options.interfaces
    .filter((face) => face.dhcp === 'server')
    .map((face) => ({ ...face, subnet: interfaceSubnet(face.name) }));
  const scopes = allScopes(dhcp, faces);
  const desk = createDhcpDesk({
    scopes,
    ownAddresses: faces.map(({ subnet }) => subnet.address),
    ledger,
    clock,
    log,
  });
  for (const use of ledger.scopes()) log.info('this scope is served', use);
  return desk;
};

const startDhcp = (
  face: BootInterface,
  site: BootSite,
  { ports }: BootServicesOptions,
  desk: DhcpDesk,
  log: Log,
): (() => Promise<Service>) | undefined => {
  const interfaceName = face.name;
  if (face.dhcp === 'off') return undefined;
  if (face.dhcp === 'proxy') return () => startProxyDhcp({ interfaceName, ports, site, log });
  return () => startDhcpServer({ interfaceName, port: ports.dhcp, desk, site, log });
};

/**
 * GRUB 2.06 looks for its files at the server that gave the address, whatever a ProxyDHCP server said, and would stop at its prompt.
 * iPXE listens to both, but Secure Boot refuses it.
 */
const loaderFor = (face: BootInterface, wanted: Loader, log: Log): Loader => {
  if (face.dhcp !== 'proxy' || wanted === 'ipxe') return wanted;
  log.warn(
    'beside another DHCP server UEFI PCs get iPXE, so those with Secure Boot go on to their disk: for them use --dhcp server, or --dhcp off with this address as next server and loaders/shimx64.efi as boot file on the site’s DHCP server',
  );
  return 'ipxe';
};

/** TFTP first: a PC that DHCP has told about it must find it. */
const interfaceServices = (
  face: BootInterface,
  options: BootServicesOptions,
  dhcp: DhcpDesk,
): (() => Promise<Service>)[] => {
  const subnet = interfaceSubnet(face.name);
  const { httpPort, desk, ports } = options;
  const log = options.log.child({ interface: face.name });
  const uefiLoader = loaderFor(face, options.uefiLoader, log);
  const site: BootSite = {
    serverAddress: subnet.address,
    httpPort,
    loaderOf: (mac) => options.loaderOf(mac) ?? uefiLoader,
  };
  const scripts = { serverUrl: serverUrl(site), kernelWords: kernelWords(options.kernelArguments) };
  const files = withGrubFiles(bootFolder(options.bootFolder), desk, scripts);
  const answers = startDhcp(face, site, options, dhcp, log);
  return [
    () => startTftpServer({ address: subnet.address, port: ports.tftp, files, log }),
    ...(answers ? [answers] : []),
  ];
};

/**
 * DHCP or ProxyDHCP and TFTP on each interface; the boot files' HTTP is `createBootHttp`. All start or none. Throws
 * PORT_UNAVAILABLE (a line a port) or CONFIG_INVALID with what to do about it.
 */
export const startBootServices = async (options: BootServicesOptions): Promise<Service> => {
  const desk = dhcpDesk(options);
  const services = await startAll(
    options.interfaces.flatMap((face) => interfaceServices(face, options, desk)),
  );
  for (const { name, dhcp } of options.interfaces)
    options.log.info('boot services are up', { interface: name, dhcp });
  return services;
};
