import { GreifError } from '../core/errors.ts';
import { macOf } from '../core/mac.ts';
import { machineRoles } from './disk-rule.ts';
import type { Machine } from './machine.ts';
import type { MachineStore, OrderStore } from './ports.ts';
import type { Queue } from './queue.ts';
import type { Loader } from './room.ts';
import type { ScriptRegistry } from './scripts.ts';

export interface MachineChange {
  name?: string | undefined;
  /** By role, a rule or whatever name of a disk; `null` takes a choice back. */
  disks?: Record<string, string | null> | undefined;
  /** `null` takes it out of its room. */
  room?: string | null | undefined;
  /** `null`: its room's setting counts again, or the site's. */
  loader?: Loader | null | undefined;
  /** `null` takes it out of all groups. */
  groups?: string[] | null | undefined;
  /** `null`: its room's scripts count again. */
  scripts?: string[] | null | undefined;
  /** `null`: it is in service again. */
  decommissionedAt?: null | undefined;
}

/** Machines as the administrator names them: by id, name or MAC. */
export interface MachineRegistry {
  list(): Promise<Machine[]>;
  /** Throws MACHINE_NOT_FOUND. */
  find(reference: string): Promise<Machine>;
  /** Throws MACHINE_NOT_FOUND, NAME_TAKEN, DISK_NOT_FOUND, DISK_AMBIGUOUS, SCRIPT_NOT_FOUND. */
  change(reference: string, change: MachineChange): Promise<Machine>;
  /** Forgets the machine, not its orders. Throws MACHINE_NOT_FOUND, and ORDER_CONFLICT while an order is open. */
  remove(reference: string): Promise<void>;
}

/** What is not said stays, `null` takes it away. */
const changed = (
  machine: Machine,
  { name, disks, room, groups, loader, scripts, decommissionedAt }: MachineChange,
): Machine => {
  const change = {
    ...(name !== undefined && { name }),
    ...(disks !== undefined && { disks: machineRoles(machine, disks) ?? null }),
    ...(room !== undefined && { room }),
    ...(groups !== undefined && { groups: groups && [...new Set(groups)] }),
    ...(loader !== undefined && { loader }),
    ...(scripts !== undefined && { scripts }),
    ...(decommissionedAt !== undefined && { decommissionedAt }),
  };
  const entries = Object.entries({ ...machine, ...change }).filter(([, value]) => value !== null);
  return Object.fromEntries(entries) as Machine;
};

/** `queue`: all who write machines share it, so that a rename and a check-in at once both stay. */
export const createMachineRegistry = (parts: {
  machines: MachineStore;
  orders: OrderStore;
  scripts: Pick<ScriptRegistry, 'resolve'>;
  queue: Queue;
}): MachineRegistry => {
  const { machines, orders, scripts, queue } = parts;

  const find = async (reference: string): Promise<Machine> => {
    const mac = macOf(reference);
    const machine =
      (await machines.get(reference)) ??
      (mac && (await machines.identify({ macs: [mac] }))) ??
      (await machines.list()).find(({ name }) => name === reference);
    if (machine) return machine;
    throw new GreifError(
      'MACHINE_NOT_FOUND',
      `there is no machine "${reference}": greif machine list shows them all; a new PC registers when it boots from the network`,
    );
  };

  return {
    list: () => machines.list(),
    find,
    change: (reference, change) =>
      queue(async () => {
        await scripts.resolve(change.scripts ?? []);
        const machine = changed(await find(reference), change);
        await machines.save(machine);
        return machine;
      }),
    remove: (reference) =>
      queue(async () => {
        const machine = await find(reference);
        const order = await orders.open(machine.id);
        if (order)
          throw new GreifError(
            'ORDER_CONFLICT',
            `${machine.name} has order ${order.id}, which is ${order.state}: cancel it first (greif order cancel ${order.id})`,
          );
        await machines.remove(machine.id);
      }),
  };
};
