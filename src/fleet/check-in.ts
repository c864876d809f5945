import { type Clock, isoTime } from '../core/clock.ts';
import { GreifError } from '../core/errors.ts';
import { newId, newToken, sha256Hex } from '../core/ids.ts';
import type { Log } from '../core/log.ts';
import { isSameMachine } from './identify.ts';
import type { Inventory } from './inventory.ts';
import { decommissioned, type Machine } from './machine.ts';
import { isActive, successorsOf } from './order-states.ts';
import type { BootSession, FleetStore, MachineIdentity } from './ports.ts';
import { whereabouts } from './stages.ts';
import type { Worker } from './work.ts';

export interface CheckInRequest {
  token: string;
  agentBootId: string;
  inventory: Inventory;
}

/** The door for agents. */
export interface CheckInDesk {
  /**
   * Exchanges the one-time token for a session and registers the PC. Repeatable by the same start of the agent.
   * Throws TOKEN_INVALID, TOKEN_USED, TOKEN_MISMATCH; MACHINE_DECOMMISSIONED.
   */
  checkIn(request: CheckInRequest): Promise<{ session: string; machine: Machine; bootId: string }>;
  /** Who bears this session. Throws TOKEN_INVALID. */
  worker(session: string): Promise<Worker>;
}

/** A new machine, or the known one with what was found in it now. Pure but for the new id. */
export const registered = (known: Machine | undefined, inventory: Inventory, at: string): Machine => {
  const macs = inventory.nics.map(({ mac }) => mac);
  const { uuid } = inventory.smbios;
  return {
    id: known?.id ?? newId(),
    name: known?.name ?? `pc-${macs[0]?.replaceAll(':', '').slice(-6)}`,
    registeredAt: known?.registeredAt ?? at,
    ...(known?.disks !== undefined && { disks: known.disks }),
    ...(known?.room !== undefined && { room: known.room }),
    ...(known?.loader !== undefined && { loader: known.loader }),
    ...(known?.scripts !== undefined && { scripts: known.scripts }),
    ...(known?.groups !== undefined && { groups: known.groups }),
    ...(uuid !== undefined && { uuid }),
    macs,
    inventory,
    lastSeenAt: at,
  };
};

/** Two makers may end their MACs alike: the second machine is called after its whole MAC. */
const withLongName = (machine: Machine): Machine => ({
  ...machine,
  name: `pc-${machine.macs[0]?.replaceAll(':', '')}`,
});

export const createCheckInDesk = (parts: {
  fleet: Pick<FleetStore, 'machines' | 'orders' | 'bootSessions'>;
  clock: Clock;
  log: Log;
}): CheckInDesk => {
  const { fleet, clock, log } = parts;

  const bootOf = async (request: CheckInRequest): Promise<BootSession> => {
    const boot = await fleet.bootSessions.byToken(sha256Hex(request.token));
    if (!boot)
      throw new GreifError('TOKEN_INVALID', 'this appliance did not issue this boot token: restart the PC');
    if (!request.inventory.nics.some(({ mac }) => mac === boot.mac))
      throw new GreifError(
        'TOKEN_MISMATCH',
        `this boot token was issued to ${boot.mac}, which is none of this PC's network adapters: restart the PC`,
      );
    return boot;
  };

  const knownMachine = async (inventory: Inventory): Promise<Machine | undefined> => {
    const { uuid } = inventory.smbios;
    const identities: MachineIdentity[] = [
      { macs: inventory.nics.map(({ mac }) => mac), uuid },
      { macs: [], uuid },
    ];
    for (const identity of identities) {
      const machine = await fleet.machines.identify(identity);
      if (machine && isSameMachine(machine, inventory)) return machine;
    }
    return undefined;
  };

  const save = async (machine: Machine, isNew: boolean): Promise<Machine> => {
    try {
      await fleet.machines.save(machine);
      return machine;
    } catch (error) {
      if (!isNew || !(error instanceof GreifError) || error.code !== 'NAME_TAKEN') throw error;
      const renamed = withLongName(machine);
      await fleet.machines.save(renamed);
      return renamed;
    }
  };

  /** An order that an earlier start of the agent held can never be finished by it: it is begun anew where its kind allows that. */
  const settleOrder = async ({ id }: Machine, bootId: string): Promise<void> => {
    const order = await fleet.orders.open(id);
    if (!order || !isActive(order.state) || order.bootId === bootId) return;
    const at = isoTime(clock());
    // The installer has ended, and this start of the agent is there to go on.
    if (order.kind === 'install' && order.state === 'finishing') {
      const event = { at, actor: `agent:${id}`, cause: 'the agent goes on', bootId };
      await fleet.orders.note(order.id, event, { bootId, lastHeardAt: at });
      return;
    }
    const restarted = `the PC restarted ${whereabouts(order)}`;
    if (successorsOf(order.kind, order.state).includes('filed')) {
      const event = { at, actor: `agent:${id}`, cause: `${restarted}: it begins anew`, bootId };
      await fleet.orders.transition(order.id, 'filed', event);
      return;
    }
    const message = `${restarted}: file a new order`;
    const reason = { code: 'PC_RESTARTED', message };
    const event = { at, actor: `agent:${id}`, cause: message, bootId };
    await fleet.orders.transition(order.id, 'failed', event, { endedAt: at, reason });
  };

  return {
    async checkIn(request) {
      const boot = await bootOf(request);
      const known = await knownMachine(request.inventory);
      if (known?.decommissionedAt !== undefined) throw decommissioned(known);
      const machine = registered(known, request.inventory, isoTime(clock()));
      const session = newToken();
      const { agentBootId } = request;
      await fleet.bootSessions.exchange(boot.tokenHash, {
        agentBootId,
        sessionHash: sha256Hex(session),
        machineId: machine.id,
      });
      const saved = await save(machine, !known);
      await settleOrder(saved, boot.id);
      log.info(known ? 'PC checked in' : 'new PC registered', { machine: saved.name, bootId: boot.id });
      return { session, machine: saved, bootId: boot.id };
    },
    async worker(session) {
      const boot = await fleet.bootSessions.bySession(sha256Hex(session));
      if (!boot?.machineId)
        throw new GreifError('TOKEN_INVALID', 'this session is not known to the appliance: restart the PC');
      return { bootId: boot.id, machineId: boot.machineId };
    },
  };
};
