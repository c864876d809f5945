import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { RotatingVault } from '../core/vault.ts';
import { announcing, type OnTransition } from './announcing.ts';
import type { Signer } from './certificate.ts';
import { type CheckInDesk, createCheckInDesk } from './check-in.ts';
import { createOrderFiling, type OrderRequest } from './filing.ts';
import type { ImageShelf } from './image-shelf.ts';
import { createInstallTasks, type Rehearsal, type SourceShelf } from './install-filing.ts';
import { createInstallPlanner, type InstallPlanner } from './install-plan.ts';
import { type Order, taskText } from './order.ts';
import type { FleetStore, OrderStore } from './ports.ts';
import { createProfileRegistry, type ProfileRegistry } from './profiles.ts';
import { createQueue } from './queue.ts';
import { createMachineRegistry, type MachineRegistry } from './registry.ts';
import { createRoomRegistry, type RoomRegistry } from './rooms.ts';
import { createScriptRegistry, type ScriptRegistry } from './scripts.ts';
import { createSignal, type Signal } from './signal.ts';
import { createVariableDesk, type VariableDesk } from './variable-desk.ts';
import { createOrderWork, type OrderWork } from './work.ts';

/** The fleet's rules over one store: what the APIs, the boot desk and the watch over orders work with. */
export interface FleetDesk {
  machines: MachineRegistry;
  rooms: RoomRegistry;
  scripts: ScriptRegistry;
  profiles: ProfileRegistry;
  variables: VariableDesk;
  /** What answer files are made of. */
  installs: InstallPlanner;
  /** Encrypts profiles and secrets by a new key, and forgets the older ones. Its id. */
  rotateSecretKey(): Promise<string>;
  /** Wakes the waiting after each change: hand this to whoever writes orders. */
  orders: OrderStore;
  signal: Signal;
  checkIn: CheckInDesk;
  work: OrderWork;
  /** Throws MACHINE_NOT_FOUND, IMAGE_NOT_FOUND, DISK_NOT_FOUND, DISK_AMBIGUOUS, ORDER_CONFLICT. */
  fileOrder(machine: string, request: OrderRequest, actor: string): Promise<Order>;
  /** Throws ORDER_NOT_FOUND, ORDER_CONFLICT. */
  cancelOrder(id: number, actor: string): Promise<Order>;
}

export const createFleetDesk = (parts: {
  store: FleetStore;
  images: ImageShelf;
  /** Signs certificates. */
  signer: Signer;
  /** Encrypts profiles and the values of variables. */
  vault: RotatingVault;
  sources: SourceShelf;
  /** Makes the answer of an install order before it is filed. */
  rehearse: Rehearsal;
  clock: Clock;
  log: Log;
  onTransition?: OnTransition;
  /** Told the boot session of each agent that checked in. */
  onCheckIn?: (bootId: string) => void;
}): FleetDesk => {
  const { store, images, signer, vault, sources, rehearse, clock, log, onTransition } = parts;
  const { onCheckIn = () => {} } = parts;
  const signal = createSignal();
  const orders = announcing(store.orders, signal, (order, state) => {
    const { id: orderId, kind, bootId, reason } = order;
    log.info(`order ${state}`, { orderId, bootId, kind, task: taskText(order), reason: reason?.message });
    onTransition?.(order, state);
  });
  const queue = createQueue();
  const scripts = createScriptRegistry({ ...store, orders, queue, clock });
  const machines = createMachineRegistry({ machines: store.machines, orders, scripts, queue });
  const profiles = createProfileRegistry({ profiles: store.profiles, orders, vault, queue, clock });
  const variables = createVariableDesk({ variables: store.variables, profiles, orders, vault, queue });
  const planner = createInstallPlanner({ profiles, variables });
  const installs = createInstallTasks({ planner, variables, scripts, sources, rehearse });
  const filing = createOrderFiling({ orders, images, rooms: store.rooms, scripts, installs, clock });
  const door = createCheckInDesk({ fleet: { ...store, orders }, clock, log });
  const work = createOrderWork({ orders, machines: store.machines, images, signer, clock });
  return {
    machines,
    rooms: createRoomRegistry({ ...store, scripts, queue }),
    scripts,
    profiles,
    variables,
    installs: planner,
    async rotateSecretKey() {
      const id = await vault.rotate();
      await profiles.reseal();
      await variables.reseal();
      await vault.forgetOlder();
      return id;
    },
    orders,
    signal,
    checkIn: {
      ...door,
      async checkIn(request) {
        const checkedIn = await queue(() => door.checkIn(request));
        onCheckIn(checkedIn.bootId);
        return checkedIn;
      },
    },
    work: {
      ...work,
      // It may mark the machine as decommissioned, which nobody who renames it at that moment shall undo.
      complete: (...args) => queue(() => work.complete(...args)),
    },
    fileOrder: (machine, request, actor) =>
      queue(async () => filing.file(await machines.find(machine), request, actor)),
    cancelOrder: (id, actor) => filing.cancel(id, actor),
  };
};
