import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { Mac } from '../core/mac.ts';
import { type Service, startAll } from '../core/start-all.ts';
import type { Loader } from '../fleet/room.ts';
import type { LeaseLedger } from './dhcp/lease-ledger.ts';
import { type ProbeTimes, probeTimes } from './dhcp/probe.ts';
import type { InterfaceScope } from './dhcp/scope.ts';
import type { DhcpConfig } from './dhcp/scope-schema.ts';
import { createServerDesk } from './dhcp/server-desk.ts';
import { createInterfaceServices } from './interface-services.ts';
import type { StepSink } from './journal/ports.ts';
import { attendInterface } from './network/attend-interface.ts';
import type { Place } from './network/descriptor.ts';
import type { Sockets } from './network/sockets.ts';
import type { OwnIpxe } from './own-ipxe.ts';
import type { BootDesk, InterfaceStatus } from './ports.ts';

export interface BootInterface extends Omit<InterfaceScope, 'subnet'> {
  dhcp: 'server' | 'proxy' | 'off';
}

export interface BootServicesOptions {
  interfaces: readonly BootInterface[];
  ports: { dhcp: number; proxyDhcp: number; tftp: number };
  httpPort: number;
  socketsOn(interfaceName: string): Sockets;
  /** Boot files, agents and chunks at one of our addresses. */
  serveHttp(place: Place, sockets: Sockets): Promise<Service>;
  bootFolder: string;
  desk: BootDesk;
  journal: StepSink;
  ledger: LeaseLedger;
  /** Scopes and what is set for all of them. */
  dhcp: DhcpConfig;
  /** The site's choice, and what is set for a PC or its room. */
  uefiLoader: Loader;
  loaderOf(mac: Mac): Loader | undefined;
  ownIpxe?: OwnIpxe;
  kernelArguments: string;
  log: Log;
  clock: Clock;
  /** How often the interfaces are looked at. */
  attendEveryMs?: number;
  /** How often their networks are asked for other DHCP servers. */
  probeTimes?: ProbeTimes;
}

/** The same with what the interfaces share. */
export interface SharedOptions extends BootServicesOptions {
  probe: { times: ProbeTimes; ids: Set<number> };
}

export interface BootServices extends Service {
  interfaces(): InterfaceStatus[];
}

/**
 * DHCP or ProxyDHCP, TFTP and HTTP on each interface and each of its addresses. All start or none. Throws PORT_UNAVAILABLE (a line a
 * port) or CONFIG_INVALID with what to do about it.
 */
export const startBootServices = async (given: BootServicesOptions): Promise<BootServices> => {
  const options = { ...given, probe: { times: given.probeTimes ?? probeTimes, ids: new Set<number>() } };
  const desk = createServerDesk(options);
  const statuses: (() => InterfaceStatus)[] = [];
  const start = async (face: BootInterface): Promise<Service> => {
    const { name, dhcp } = face;
    const log = options.log.child({ interface: name });
    const { unitsOf, foreignServers } = createInterfaceServices(face, options, desk, log);
    const attendance = await attendInterface({ name, unitsOf, log, everyMs: options.attendEveryMs });
    statuses.push(() => ({
      name,
      dhcp,
      condition: attendance.condition(),
      addresses: attendance.addresses(),
      otherServers: foreignServers(),
    }));
    options.log.info('boot services are up', { interface: name, dhcp });
    return attendance;
  };
  const { close } = await startAll(options.interfaces.map((face) => () => start(face)));
  return { close, interfaces: () => statuses.map((status) => status()) };
};
