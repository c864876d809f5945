import type { BootNetwork, InterfaceStatus } from '../../boot/ports.ts';
import { isoTime } from '../../core/clock.ts';
import type { AdminRoutes } from '../contract/admin.ts';
import type { InterfaceView } from '../contract/dhcp.ts';
import type { Handlers } from './mount.ts';

type DhcpRoutes = Pick<AdminRoutes, 'dhcpStatus' | 'dhcpAdvice'>;

const view = ({ otherServers, ...face }: InterfaceStatus): InterfaceView => ({
  ...face,
  otherServers: otherServers.map((server) => ({
    ...server,
    firstSeenAt: isoTime(server.firstSeenAt),
    lastSeenAt: isoTime(server.lastSeenAt),
  })),
});

export const dhcpHandlers = (network: BootNetwork): Handlers<DhcpRoutes> => ({
  dhcpStatus: async () => ({ interfaces: network.interfaces().map(view) }),
  dhcpAdvice: async ({ query }) => network.advise(query.interface, query.for),
});

/** For the metrics: how many other DHCP servers each interface's network has. */
export const otherServerCounts = (network: BootNetwork): { interface: string; count: number }[] =>
  network.interfaces().map(({ name, otherServers }) => ({ interface: name, count: otherServers.length }));
