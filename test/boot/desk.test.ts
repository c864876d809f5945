import test from 'ava';
import { createBootDesk } from '../../src/boot/desk.ts';
import { decideBoot } from '../../src/boot/plan.ts';
import { sha256Hex } from '../../src/core/ids.ts';
import type { Log } from '../../src/core/log.ts';
import { parseMac } from '../../src/core/mac.ts';
import type { Machine } from '../../src/fleet/machine.ts';
import type { Order } from '../../src/fleet/order.ts';
import { orderStates } from '../../src/fleet/order-states.ts';
import type { BootSession, FleetStore, NewEvent, OrderPatch } from '../../src/fleet/ports.ts';

const mac = parseMac('52:54:00:00:00:01');
const machine = { id: 'm1', name: 'lab-01', macs: [mac] } as unknown as Machine;
const order = (state: Order['state'], more: Partial<Order> = {}) =>
  ({ id: 7, machineId: 'm1', state, ...more }) as Order;

const listeningLog = () => {
  const lines: { message: string; fields: object | undefined }[] = [];
  const info = (message: string, fields?: object) => lines.push({ message, fields });
  const log: Log = { debug() {}, info, warn() {}, error() {}, child: () => log };
  return { log, lines };
};

interface Given {
  known?: boolean;
  open?: Order;
  completed?: Order[];
}

/** The three stores as the desk sees them, with what it wrote. */
const fakeFleet = ({ known = false, open, completed = [] }: Given) => {
  const sessions: BootSession[] = [];
  const notes: { id: number; event: NewEvent; patch: OrderPatch | undefined }[] = [];
  const asked: unknown[] = [];
  const fleet = {
    machines: {
      async identify(identity: unknown) {
        asked.push(identity);
        return known ? machine : undefined;
      },
    },
    orders: {
      open: async () => open,
      list: async () => completed,
      async note(id: number, event: NewEvent, patch?: OrderPatch) {
        notes.push({ id, event, patch });
        Object.assign(completed[0] ?? {}, patch);
      },
    },
    bootSessions: {
      async create(session: BootSession) {
        sessions.push(session);
      },
    },
  } as unknown as Pick<FleetStore, 'machines' | 'orders' | 'bootSessions'>;
  return { fleet, sessions, notes, asked };
};

const clock = () => Date.UTC(2026, 0, 2, 3, 4, 5);
const at = '2026-01-02T03:04:05.000Z';
const serverUrl = 'http://10.0.0.1:8080';

const publicKey = () => 'public-key';

test('nothing of ours starts on a PC that is out of service, whatever is chosen at it', (t) => {
  const removed = { ...machine, decommissionedAt: at };
  t.deepEqual(decideBoot(removed, undefined), { kind: 'local-disk', machineId: 'm1' });
  t.deepEqual(decideBoot(removed, undefined, true), { kind: 'local-disk', machineId: 'm1' });
});

test('the plan of every state an order can be in', (t) => {
  t.deepEqual(decideBoot(undefined, undefined), { kind: 'discover' });
  t.deepEqual(decideBoot(undefined, order('filed')), { kind: 'discover' });
  t.deepEqual(decideBoot(machine, undefined), { kind: 'local-disk', machineId: 'm1' });
  const kinds = orderStates.map((state) => [state, decideBoot(machine, order(state)).kind]);
  t.deepEqual(Object.fromEntries(kinds), {
    filed: 'agent',
    claimed: 'agent',
    writing: 'agent',
    verifying: 'agent',
    finishing: 'agent',
    capturing: 'agent',
    wiping: 'agent',
    installing: 'agent',
    completed: 'local-disk',
    failed: 'local-disk',
    cancelled: 'local-disk',
  });
});

test('an unknown PC is discovered, with a session of which only the hash of the token is kept', async (t) => {
  const { fleet, sessions, asked } = fakeFleet({});
  const { log, lines } = listeningLog();
  const boot = await createBootDesk({ fleet, publicKey, clock, log }).plan({ mac, uuid: 'u' }, serverUrl);
  t.is(boot.plan.kind, 'discover');
  t.deepEqual(asked, [{ macs: [mac], uuid: 'u' }]);
  t.deepEqual(sessions, [{ id: boot.bootId, mac, tokenHash: sha256Hex(boot.token ?? ''), createdAt: at }]);
  t.like(lines[0]?.fields, { bootId: boot.bootId, mac });
});

test('each power-on has its own id and token', async (t) => {
  const { fleet } = fakeFleet({});
  const desk = createBootDesk({ fleet, publicKey, clock, log: listeningLog().log });
  const [first, second] = [await desk.plan({ mac }, serverUrl), await desk.plan({ mac }, serverUrl)];
  t.not(first.bootId, second.bootId);
  t.not(first.token, second.token);
  t.is(first.key, 'public-key');
});

test('a PC with an order gets the agent', async (t) => {
  const { fleet, sessions } = fakeFleet({ known: true, open: order('filed') });
  const { log, lines } = listeningLog();
  const boot = await createBootDesk({ fleet, publicKey, clock, log }).plan({ mac }, serverUrl);
  t.deepEqual(boot.plan, { kind: 'agent', orderId: 7 });
  t.is(sessions.length, 1);
  t.like(lines[0]?.fields, { bootId: boot.bootId, mac, orderId: 7 });
});

test('the first boot from disk after an order is noted, once, and needs no session', async (t) => {
  const { fleet, sessions, notes } = fakeFleet({ known: true, completed: [order('completed')] });
  const desk = createBootDesk({ fleet, publicKey, clock, log: listeningLog().log });
  const boot = await desk.plan({ mac }, serverUrl);
  t.deepEqual(boot, { bootId: boot.bootId, plan: { kind: 'local-disk', machineId: 'm1' } });
  await desk.plan({ mac }, serverUrl);
  t.deepEqual(notes, [
    {
      id: 7,
      event: { at, actor: 'appliance', cause: 'sent to its own disk', bootId: boot.bootId },
      patch: { bootedFromDiskAt: at },
    },
  ]);
  t.is(sessions.length, 0);
});

test('a PC without any order goes to its disk and nothing is noted', async (t) => {
  const { fleet, notes } = fakeFleet({ known: true });
  const boot = await createBootDesk({ fleet, publicKey, clock, log: listeningLog().log }).plan(
    { mac },
    serverUrl,
  );
  t.is(boot.plan.kind, 'local-disk');
  t.deepEqual(notes, []);
});

test('a store that fails fails the plan', async (t) => {
  const { fleet } = fakeFleet({});
  fleet.bootSessions.create = async () => {
    throw new Error('disk full');
  };
  const desk = createBootDesk({ fleet, publicKey, clock, log: listeningLog().log });
  await t.throwsAsync(desk.plan({ mac }, serverUrl), { message: 'disk full' });
});
