import { type Clock, isoTime } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import { isActive } from '../fleet/order-states.ts';
import type { MachineStore, OrderStore } from '../fleet/ports.ts';
import { hasAnswer, type InstallStore } from './install.ts';
import type { InstallLogs } from './install-logs.ts';
import type { SyslogLine } from './syslog-message.ts';
import { withoutTokens } from './tokens.ts';

/** Takes lines of installers' logs to the orders that are installed there. */
export interface InstallerEar {
  /** Never throws; a line from an address where nothing is installed is left alone. */
  heard(address: string, line: SyslogLine): Promise<void>;
}

/** For so long a line costs no look into the store; who has no order is looked up no more often. */
const freshMs = 5000;
const mostAddresses = 4096;

export const createInstallerEar = (parts: {
  installs: Pick<InstallStore, 'ofOrder' | 'atAddress' | 'close'>;
  orders: Pick<OrderStore, 'open' | 'get' | 'heard' | 'note'>;
  machines: Pick<MachineStore, 'identify'>;
  macAt(address: string): string | undefined;
  logs: InstallLogs;
  clock: Clock;
  log: Log;
}): InstallerEar => {
  const { installs, orders, machines, macAt, logs, clock, log } = parts;
  const known = new Map<string, { until: number; order: Promise<number | undefined> }>();

  const openOrder = async (address: string) => {
    const mac = macAt(address);
    if (mac === undefined) {
      const install = await installs.atAddress(address);
      return install && orders.get(install.orderId);
    }
    const machine = await machines.identify({ macs: [mac] });
    return machine && orders.open(machine.id);
  };

  /** The order that is installed there; it counts as heard, and its answer as read. */
  const lookUp = async (address: string): Promise<number | undefined> => {
    const order = await openOrder(address);
    if (order?.kind !== 'install' || !isActive(order.state)) return undefined;
    const at = isoTime(clock());
    await orders.heard(order.id, at);
    const install = await installs.ofOrder(order.id);
    if (install && hasAnswer(install, clock()) && (await installs.close(install.bootId, at)))
      await orders.note(order.id, {
        at,
        actor: 'appliance',
        cause: 'the installer has its answer, as its log tells: it is served no more',
        bootId: install.bootId,
      });
    return order.id;
  };

  const orderAt = (address: string): Promise<number | undefined> => {
    const found = known.get(address);
    if (found && clock() < found.until) return found.order;
    if (known.size >= mostAddresses) known.clear();
    const order = lookUp(address).catch((error: Error) => {
      log.warn('syslog: the order could not be found', { address, reason: error.message });
      return undefined;
    });
    known.set(address, { until: clock() + freshMs, order });
    return order;
  };

  return {
    async heard(address, { program, text }) {
      const orderId = await orderAt(address);
      const line = program === undefined ? text : `${program}: ${text}`;
      if (orderId !== undefined) logs.add(orderId, withoutTokens(line));
    },
  };
};
