import type { Log } from '../core/log.ts';
import { type Service, startAll } from '../core/start-all.ts';
import { bootFolder } from './boot-folder.ts';
import type { ForeignServer } from './dhcp/foreign-servers.ts';
import { type Answer, createDhcpEar, type DhcpEar } from './dhcp/listen.ts';
import { createProxyDhcp } from './dhcp/proxy.ts';
import { createDhcpServer } from './dhcp/server.ts';
import { homeSubnet, type ServerDesk } from './dhcp/server-desk.ts';
import { createServerWatch } from './dhcp/server-watch.ts';
import type { Subnet } from './dhcp/subnet.ts';
import { withGrubFiles } from './grub-files.ts';
import type { AttendOptions, Unit } from './network/attend-interface.ts';
import { type InterfaceState, isAmbiguous } from './network/interfaces.ts';
import { withPiFiles } from './raspberry-pi.ts';
import type { BootInterface, SharedOptions } from './services.ts';
import { type BootSite, kernelWords, serverUrl } from './site.ts';
import { startTftpServer } from './tftp/server.ts';

export interface InterfaceServices {
  unitsOf: AttendOptions['unitsOf'];
  /** Other DHCP servers on its network. */
  foreignServers(): ForeignServer[];
}

/** What runs on one interface, as its addresses come and go. */
export const createInterfaceServices = (
  face: BootInterface,
  options: SharedOptions,
  serverDesk: ServerDesk,
  log: Log,
): InterfaceServices => {
  const { ports, httpPort, desk, journal } = options;
  const sockets = options.socketsOn(face.name);
  const interfaceName = face.name;
  /** The network whose address speaks for the interface. */
  let home: Subnet | undefined;
  const siteAt = (address = home?.address ?? '0.0.0.0'): BootSite => ({
    serverAddress: address,
    httpPort,
    loaderOf: (mac) => options.loaderOf(mac) ?? options.uefiLoader,
    ownIpxe: options.ownIpxe,
  });

  const watch =
    face.dhcp === 'off'
      ? undefined
      : createServerWatch({ ...options, interfaceName, mode: face.dhcp, sockets, log });
  const ear = (port: number, answer: Answer) =>
    createDhcpEar({ interfaceName, port, sockets, answer, overhear: watch?.overhear, log });
  const openEars = (): DhcpEar[] => {
    if (face.dhcp === 'off') return [];
    const shared = { interfaceName, siteAt, journal, log };
    if (face.dhcp === 'server') return [ear(ports.dhcp, createDhcpServer({ ...shared, desk: serverDesk }))];
    const proxy = createProxyDhcp({ ...shared, bootServerPort: ports.proxyDhcp });
    return [ear(ports.dhcp, proxy), ear(ports.proxyDhcp, proxy)];
  };
  const ears = openEars();

  /** TFTP and HTTP first: a PC that DHCP has told about them must find them. */
  const serveAt = async (
    subnet: Subnet,
    device: string | undefined,
    beforeDhcp: () => void,
  ): Promise<Service> => {
    const { address } = subnet;
    const scripts = {
      serverUrl: serverUrl(siteAt(address)),
      kernelWords: kernelWords(options.kernelArguments),
      filesPath: '',
    };
    const files = withGrubFiles(withPiFiles(bootFolder(options.bootFolder)), desk, scripts);
    return startAll([
      () => startTftpServer({ address, port: ports.tftp, device, sockets, files, journal, log }),
      () => options.serveHttp({ address, port: httpPort, device }, sockets),
      ...ears.map((each) => async () => {
        beforeDhcp();
        return each.listenAt(subnet);
      }),
    ]);
  };

  const unitsOf = (state: InterfaceState, interfaces: ReadonlyMap<string, InterfaceState>): Unit[] => {
    home = homeSubnet(face, state.subnets, options.dhcp.scopes);
    if (!home) return [];
    const scope = { ...face, subnet: home };
    const addresses = state.subnets.map(({ address }) => address);
    const atAddresses = state.subnets.map((subnet) => {
      const device = isAmbiguous(subnet, face.name, interfaces) ? face.name : undefined;
      const key = [state.index, subnet.address, subnet.netmask, device].join(' ');
      return {
        key,
        open: () =>
          serveAt(subnet, device, () => face.dhcp === 'server' && serverDesk.serve(scope, addresses)),
      };
    });
    const toEveryone = {
      key: `${state.index} broadcasts`,
      open: () => startAll(ears.map((each) => () => each.listenToBroadcasts())),
    };
    const [first] = ears;
    const probing = watch && first ? [watch.probing(state, interfaces, home, first)] : [];
    return [...atAddresses, toEveryone, ...probing];
  };
  return { unitsOf, foreignServers: () => watch?.list() ?? [] };
};
