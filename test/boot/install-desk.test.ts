import test from 'ava';
import { createBootDesk } from '../../src/boot/desk.ts';
import type { InstallerBoot } from '../../src/boot/installer/installer-boot.ts';
import { decideBoot } from '../../src/boot/plan.ts';
import type { InstallerDesk } from '../../src/boot/ports.ts';
import { GreifError } from '../../src/core/errors.ts';
import type { Log } from '../../src/core/log.ts';
import { parseMac } from '../../src/core/mac.ts';
import type { InstallOrder, OrderEvent } from '../../src/fleet/order.ts';
import { orderTransitions } from '../../src/fleet/order-states.ts';
import type { FleetStore, NewEvent, OrderPatch } from '../../src/fleet/ports.ts';
import type { OsSystem } from '../../src/fleet/profile.ts';
import { machine } from '../fleet/samples.ts';

const mac = parseMac('52:54:00:00:00:01');
const serverUrl = 'http://10.0.0.1:8080';
const at = '2026-01-02T03:04:05.000Z';
const clock = () => Date.parse(at);
const log: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => log };

const order = (state: InstallOrder['state'], system: OsSystem = 'debian') =>
  ({ kind: 'install', id: 7, machineId: 'm1', state, options: { system } }) as InstallOrder;

const installer: InstallerBoot = { kind: 'linux', kernel: 'k', initrds: [], arguments: [] };

/** A desk over an open order, with what it wrote. */
const deskFor = (open: InstallOrder, events: Partial<OrderEvent>[] = [], fault?: Error) => {
  const notes: { event: NewEvent; patch: OrderPatch | undefined }[] = [];
  const transitions: { to: string; patch: OrderPatch | undefined }[] = [];
  const asked: unknown[] = [];
  const fleet = {
    machines: { identify: async () => machine() },
    orders: {
      open: async () => open,
      get: async () => open,
      events: async () => events,
      note: async (_id: number, event: NewEvent, patch?: OrderPatch) => notes.push({ event, patch }),
      transition: async (_id: number, to: string, _event: NewEvent, patch?: OrderPatch) =>
        transitions.push({ to, patch }),
    },
    bootSessions: { create: async () => {} },
  } as unknown as Pick<FleetStore, 'machines' | 'orders' | 'bootSessions'>;
  const installers: InstallerDesk = {
    async bootOf({ id }, { name }, boot) {
      asked.push({ id, name, ...boot });
      if (fault) throw fault;
      return installer;
    },
  };
  const desk = createBootDesk({ fleet, installers, publicKey: () => 'key', clock, log });
  return { desk, notes, transitions, asked };
};

test('the plan of an install in every state, for an installer that ends and for one that restarts the PC', (t) => {
  const plans = (system: OsSystem) =>
    Object.keys(orderTransitions.install).map((state) => {
      const open = order(state as InstallOrder['state'], system);
      return `${state}: ${decideBoot(machine(), open).kind}`;
    });
  const ends = ['completed: local-disk', 'failed: local-disk', 'cancelled: local-disk'];
  const later = ['finishing: agent', 'verifying: local-disk', ...ends];
  t.deepEqual(plans('debian'), ['filed: install', 'claimed: install', 'installing: install', ...later]);
  t.deepEqual(plans('windows'), ['filed: install', 'claimed: install', 'installing: local-disk', ...later]);
  t.deepEqual(plans('suse-autoyast'), plans('windows'));
});

test('a PC with an install order boots what the installer desk says', async (t) => {
  const { desk, asked, transitions } = deskFor(order('filed'));
  const boot = await desk.plan({ mac }, serverUrl);
  t.deepEqual(boot, { bootId: boot.bootId, plan: { kind: 'install', orderId: 7 }, installer });
  const { name } = machine();
  t.deepEqual(asked, [{ id: 7, name, client: { mac }, bootId: boot.bootId, serverUrl }]);
  t.deepEqual(transitions, []);
});

test('an installer that never comes to its end is begun three times', async (t) => {
  const event = (bootId: string, actor = 'installer:m1') => ({ actor, bootId });
  const twice = [event('b1'), event('b1'), event('b2'), event('b3', 'appliance')];
  t.is((await deskFor(order('installing'), twice).desk.plan({ mac }, serverUrl)).plan.kind, 'install');

  const { desk, transitions, asked } = deskFor(order('installing'), [...twice, event('b4')]);
  t.is((await desk.plan({ mac }, serverUrl)).plan.kind, 'local-disk');
  t.deepEqual(asked, []);
  t.is(transitions[0]?.to, 'failed');
  t.is(transitions[0]?.patch?.reason?.code, 'INSTALLER_RESTARTED');
});

test('what cannot be started fails the order with its reason, and a fault of ours leaves it alone', async (t) => {
  const unbootable = new GreifError('INSTALLER_UNBOOTABLE', 'no kernel');
  const { desk, transitions } = deskFor(order('filed'), [], unbootable);
  t.is((await desk.plan({ mac }, serverUrl)).plan.kind, 'local-disk');
  const reason = { code: 'INSTALLER_UNBOOTABLE', message: 'no kernel' };
  t.deepEqual(transitions, [
    { to: 'claimed', patch: undefined },
    { to: 'failed', patch: { endedAt: at, reason } },
  ]);

  const broken = deskFor(order('filed'), [], new Error('disk full'));
  await t.throwsAsync(broken.desk.plan({ mac }, serverUrl), { message: 'disk full' });
  t.deepEqual(broken.transitions, []);
});

test('an install that waits for the system’s report has its boot from disk noted, one that runs has not', async (t) => {
  const { desk, notes } = deskFor(order('verifying'));
  const { bootId } = await desk.plan({ mac }, serverUrl);
  const event = { at, actor: 'appliance', cause: 'sent to its own disk', bootId };
  t.deepEqual(notes, [{ event, patch: { bootedFromDiskAt: at } }]);

  const running = deskFor(order('installing', 'windows'));
  await running.desk.plan({ mac }, serverUrl);
  t.deepEqual(running.notes, []);
});
