import type { Clock } from '../core/clock.ts';
import { GreifError } from '../core/errors.ts';
import { sha256Hex } from '../core/ids.ts';
import type { Machine } from '../fleet/machine.ts';
import type { InstallOrder } from '../fleet/order.ts';
import type { MachineStore, OrderStore } from '../fleet/ports.ts';
import type { Alarms } from './alarms.ts';
import { type FoundToken, type InstallStore, type RefusalReason, refusalOf } from './install.ts';
import type { Purpose, ServerUrls } from './tokens.ts';

/** A request under `/install/`. */
export interface InstallCall {
  token: string;
  /** Dotted IPv4 of who asks. */
  address: string;
  /** Whether over TLS. */
  secure: boolean;
  /** Ours, where he asked. */
  servers: ServerUrls;
}

/** What a token that serves who asks is about. */
export interface Admitted {
  found: FoundToken;
  order: InstallOrder;
  machine: Machine;
}

/** Both throw ANSWER_REFUSED, always in the same words, once the alarm is raised. */
export interface Door {
  admit(call: InstallCall, purpose: Purpose): Promise<Admitted>;
  refuse(reason: RefusalReason, call: InstallCall, found?: FoundToken): Promise<never>;
}

export const createDoor = (parts: {
  installs: Pick<InstallStore, 'byToken'>;
  orders: Pick<OrderStore, 'get'>;
  machines: Pick<MachineStore, 'get'>;
  alarms: Alarms;
  /** The MAC of an address, where it is seen. */
  macAt(address: string): string | undefined;
  clock: Clock;
}): Door => {
  const { installs, orders, machines, alarms, macAt, clock } = parts;

  const refuse: Door['refuse'] = async (reason, { address }, found) => {
    await alarms.raise({ reason, address, purpose: found?.purpose, orderId: found?.install.orderId });
    throw new GreifError('ANSWER_REFUSED', 'there is nothing here, or not any more');
  };

  return {
    refuse,
    async admit(call, purpose) {
      const found = await installs.byToken(sha256Hex(call.token));
      if (found?.purpose !== purpose) return refuse('guess', call, found);
      const order = await orders.get(found.install.orderId);
      const machine = await machines.get(found.install.machineId);
      if (!machine || order?.kind !== 'install') return refuse('ended', call, found);
      const mac = macAt(call.address);
      const isMachines = mac === undefined ? undefined : machine.macs.includes(mac);
      const asking = { address: call.address, isMachines, now: clock(), state: order.state };
      const reason = refusalOf(found, asking);
      return reason ? refuse(reason, call, found) : { found, order, machine };
    },
  };
};
