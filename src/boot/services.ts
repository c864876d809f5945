import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { Mac } from '../core/mac.ts';
import { type Service, startAll } from '../core/start-all.ts';
import type { Loader } from '../fleet/room.ts';
import { bootFolder } from './boot-folder.ts';
import { interfaceSubnet } from './dhcp/interface-subnet.ts';
import { startProxyDhcp } from './dhcp/proxy.ts';
import { type ScopeOptions, scopeOf } from './dhcp/scope.ts';
import { startDhcpServer } from './dhcp/server.ts';
import type { Subnet } from './dhcp/subnet.ts';
import type { BootDesk, LeaseStore } from './ports.ts';
import { type BootSite, kernelWords, serverUrl } from './site.ts';
import { withGrubFiles } from './tftp/desk-files.ts';
import { startTftpServer } from './tftp/server.ts';

export interface BootInterface extends ScopeOptions {
  name: string;
  dhcp: 'server' | 'proxy' | 'off';
}

export interface BootServicesOptions {
  interfaces: readonly BootInterface[];
  ports: { dhcp: number; proxyDhcp: number; tftp: number };
  httpPort: number;
  bootFolder: string;
  desk: BootDesk;
  leases: LeaseStore;
  leaseSeconds: number;
  /** The site's choice, and what is set for a PC or its room. */
  uefiLoader: Loader;
  loaderOf(mac: Mac): Loader | undefined;
  kernelArguments: string;
  log: Log;
  clock: Clock;
}

const startDhcp = (
  face: BootInterface,
  subnet: Subnet,
  site: BootSite,
  options: BootServicesOptions,
  log: Log,
): (() => Promise<Service>) | undefined => {
  const { ports, leases, leaseSeconds, clock } = options;
  const interfaceName = face.name;
  if (face.dhcp === 'off') return undefined;
  if (face.dhcp === 'proxy') return () => startProxyDhcp({ interfaceName, ports, site, log });
  const scope = scopeOf(interfaceName, subnet, leaseSeconds, face);
  return () => startDhcpServer({ interfaceName, port: ports.dhcp, scope, site, leases, clock, log });
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
const interfaceServices = (face: BootInterface, options: BootServicesOptions): (() => Promise<Service>)[] => {
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
  const dhcp = startDhcp(face, subnet, site, options, log);
  return [
    () => startTftpServer({ address: subnet.address, port: ports.tftp, files, log }),
    ...(dhcp ? [dhcp] : []),
  ];
};

/**
 * DHCP or ProxyDHCP and TFTP on each interface; the boot files' HTTP is `createBootHttp`. All start or none. Throws
 * PORT_UNAVAILABLE (a line a port) or CONFIG_INVALID with what to do about it.
 */
export const startBootServices = async (options: BootServicesOptions): Promise<Service> => {
  const services = await startAll(options.interfaces.flatMap((face) => interfaceServices(face, options)));
  for (const { name, dhcp } of options.interfaces)
    options.log.info('boot services are up', { interface: name, dhcp });
  return services;
};
