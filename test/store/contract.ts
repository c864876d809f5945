import type { ExecutionContext, TestFn } from 'ava';
import { newToken, sha256Hex } from '../../src/core/ids.ts';
import type { NewEvent, NewOrder } from '../../src/fleet/ports.ts';
import type { Store } from '../../src/store/open.ts';
import {
  at,
  captureEvidence,
  disk,
  evidence,
  image,
  installEvidence,
  installOrder,
  inventory,
  mac,
  machine,
  removalEvidence,
  removalOrder,
} from '../fleet/samples.ts';
import { boots } from './boots.ts';
import { installs } from './installs.ts';

const event: NewEvent = { at, actor: 'admin', cause: 'a test' };
export const newOrder: NewOrder = {
  kind: 'deploy',
  machineId: 'm1',
  image: image.ref,
  manifestDigest: image.digest,
  hostName: 'pc-1',
  options: {},
  filedAt: at,
  filedBy: 'admin',
};
const uuid = '5d1c3b3e-5b0e-4a7b-9c57-0d6d6f4d0001';

const codeOf = (thrown: unknown): unknown => (thrown as { code?: unknown }).code;
const outcomes = async (calls: Promise<unknown>[]): Promise<unknown[]> =>
  (await Promise.allSettled(calls)).map((call) =>
    call.status === 'fulfilled' ? 'done' : codeOf(call.reason),
  );

type Body = (t: ExecutionContext, store: Store) => Promise<void>;

const machines: Record<string, Body> = {
  'a machine comes back as it was saved': async (t, { machines: store }) => {
    const bare = machine({ id: 'm0', name: 'pc-0', macs: [mac(9)] });
    const full = machine({
      macs: [mac(1), mac(2)],
      uuid,
      disks: { system: 'serial:A', data: 'largest hdd' },
      room: 'R1',
      loader: 'ipxe',
    });
    await store.save(bare);
    await store.save(full);
    t.deepEqual(await store.get('m1'), full);
    t.deepEqual(await store.list(), [bare, full]);
    await store.save({ ...bare, name: 'renamed', inventory: inventory([mac(9)], uuid, [disk('B')]) });
    t.is((await store.get('m0'))?.name, 'renamed');
    await store.remove('m0');
    t.is(await store.get('m0'), undefined);
    t.is(await store.identify({ macs: [mac(9)] }), undefined);
  },
  'a MAC belongs to one machine and moves to the newest': async (t, { machines: store }) => {
    await store.save(machine({ macs: [mac(1), mac(2)] }));
    await store.save(machine({ id: 'm2', name: 'pc-2', macs: [mac(2), mac(3)] }));
    t.deepEqual((await store.get('m1'))?.macs, [mac(1)]);
    t.is((await store.identify({ macs: [mac(2)] }))?.id, 'm2');
    await store.save(machine({ macs: [mac(4)] }));
    t.is(await store.identify({ macs: [mac(1)] }), undefined);
  },
  'a UUID identifies only without a MAC, and only when it is alone': async (t, { machines: store }) => {
    await store.save(machine({ uuid }));
    t.is((await store.identify({ macs: [], uuid }))?.id, 'm1');
    t.is(await store.identify({ macs: [mac(8)], uuid }), undefined);
    await store.save(machine({ id: 'm2', name: 'pc-2', macs: [mac(2)], uuid }));
    t.is(await store.identify({ macs: [], uuid }), undefined);
    t.is((await store.identify({ macs: [mac(2)], uuid }))?.id, 'm2');
  },
  'what is set for a room comes back as it was saved': async (t, { rooms: store }) => {
    await store.save({ name: 'R2', loader: 'shim', menu: false });
    await store.save({ name: 'R1', menu: true });
    t.deepEqual(await store.list(), [
      { name: 'R1', menu: true },
      { name: 'R2', loader: 'shim', menu: false },
    ]);
    await store.save({ name: 'R1', loader: 'ipxe' });
    await store.remove('R2');
    t.deepEqual(await store.list(), [{ name: 'R1', loader: 'ipxe' }]);
  },
  'a script keeps its versions until it is removed': async (t, { scripts: store }) => {
    const version = (name: string, number: number) => ({
      name,
      version: number,
      digest: sha256Hex(`${name}${number}`),
      text: `#!/bin/sh\n# ü '${number}'\n`,
      addedAt: at,
      addedBy: 'admin',
    });
    const [a1, a2, b1] = [version('a', 1), version('a', 2), version('b', 1)];
    for (const one of [b1, a1, a2]) await store.add(one);
    t.deepEqual(await store.list(), [a2, b1]);
    t.deepEqual(await store.get('a'), a2);
    t.deepEqual(await store.get('a', 1), a1);
    t.is(await store.get('a', 3), undefined);
    await t.throwsAsync(store.add(a2), undefined, 'a version is written once');
    await store.remove('a');
    t.is(await store.get('a'), undefined);
    t.deepEqual(await store.list(), [b1]);
  },
  'a profile keeps its versions until it is removed': async (t, { profiles: store }) => {
    const version = (name: string, number: number) => ({
      name,
      version: number,
      digest: sha256Hex(`${name}${number}`),
      sealed: `sealed ${name} ${number}`,
      addedAt: at,
      addedBy: 'admin',
    });
    const [a1, a2, b1] = [version('a', 1), version('a', 2), version('b', 1)];
    for (const one of [b1, a2, a1]) await store.add(one);
    t.deepEqual(await store.list(), [a1, a2, b1]);
    t.deepEqual(await store.get('a'), a2);
    t.deepEqual(await store.get('a', 1), a1);
    t.is(await store.get('a', 3), undefined);
    await t.throwsAsync(store.add(a2), undefined, 'a version is written once');
    await store.reseal({ name: 'a', version: 1, sealed: 'anew' });
    t.deepEqual(await store.get('a', 1), { ...a1, sealed: 'anew' });
    await store.remove('a');
    t.deepEqual(await store.list(), [b1]);
  },
  'values of variables stay in their place': async (t, { variables: store, machines: pcs }) => {
    const site = { scope: 'site', owner: '' } as const;
    const room = { scope: 'room', owner: 'R1' } as const;
    await store.change(site, { save: { b: '1', a: '2' }, remove: [] });
    await store.change(room, { save: { a: '3' }, remove: [] });
    t.deepEqual(await store.list(site), [
      { ...site, name: 'a', sealed: '2' },
      { ...site, name: 'b', sealed: '1' },
    ]);
    await store.change(site, { save: { a: '4' }, remove: ['b', 'c'] });
    t.deepEqual(await store.list(), [
      { ...room, name: 'a', sealed: '3' },
      { ...site, name: 'a', sealed: '4' },
    ]);
    await store.reseal({ ...room, name: 'a', sealed: 'anew' });
    await store.reseal({ ...room, name: 'gone', sealed: 'anew' });
    t.deepEqual(await store.list(room), [{ ...room, name: 'a', sealed: 'anew' }]);
    t.deepEqual(await store.list({ scope: 'group' }), []);
    await pcs.save(machine({ groups: ['x', 'y'] }));
    t.deepEqual((await pcs.get('m1'))?.groups, ['x', 'y']);
    await store.change({ scope: 'machine', owner: 'm1' }, { save: { a: '5' }, remove: [] });
    await pcs.remove('m1');
    t.deepEqual(await store.list({ scope: 'machine' }), [], 'they go with it');
  },
  'what runs after a deploy comes back with machine and room': async (t, { machines: store, rooms }) => {
    const set = machine({ scripts: ['a', 'b@2'] });
    await store.save(set);
    t.deepEqual(await store.get('m1'), set);
    await rooms.save({ name: 'R1', scripts: [] });
    t.deepEqual(await rooms.list(), [{ name: 'R1', scripts: [] }]);
  },
  'a name is given once': async (t, { machines: store }) => {
    await store.save(machine());
    const twin = machine({ id: 'm2', macs: [mac(2)] });
    await t.throwsAsync(store.save(twin), { code: 'NAME_TAKEN' });
    t.is(await store.get('m2'), undefined);
    t.is(await store.identify({ macs: [mac(2)] }), undefined);
  },
  'many machines that fight for one MAC leave it with exactly one': async (t, { machines: store }) => {
    const rivals = Array.from({ length: 8 }, (_, index) =>
      machine({ id: `m${index}`, name: `pc-${index}`, macs: [mac(100), mac(101), mac(index)] }),
    );
    t.deepEqual(
      await outcomes(rivals.map((rival) => store.save(rival))),
      rivals.map(() => 'done'),
    );
    const owners = (await store.list()).filter(({ macs }) => macs.includes(mac(100)));
    t.is(owners.length, 1);
  },
};

const orders: Record<string, Body> = {
  'an order is filed with its first event, one open order a machine': async (t, { orders: store }) => {
    const filed = await store.file({ ...newOrder, diskId: 'serial:A' }, event);
    t.deepEqual(filed, { id: filed.id, ...newOrder, diskId: 'serial:A', state: 'filed' });
    t.deepEqual(await store.get(filed.id), filed);
    t.deepEqual(await store.open('m1'), filed);
    await t.throwsAsync(store.file(newOrder, event), { code: 'ORDER_CONFLICT' });
    const [first, ...rest] = await store.events(filed.id);
    t.deepEqual(rest, []);
    t.like(first, { orderId: filed.id, to: 'filed', cause: 'a test', actor: 'admin' });
    await store.transition(filed.id, 'cancelled', event);
    t.is(await store.open('m1'), undefined);
    const second = await store.file(newOrder, event);
    t.true(second.id > filed.id);
    t.deepEqual(
      (await store.list({ machineId: 'm1' })).map(({ id }) => id),
      [second.id, filed.id],
    );
    t.deepEqual(
      (await store.list({ states: ['cancelled'] })).map(({ id }) => id),
      [filed.id],
    );
    t.deepEqual(await store.list({ machineId: 'other' }), []);
  },
  'of two orders filed at once exactly one is': async (t, { orders: store }) => {
    const calls = Array.from({ length: 6 }, () => store.file(newOrder, event));
    t.deepEqual((await outcomes(calls)).sort(), [...Array(5).fill('ORDER_CONFLICT'), 'done']);
    t.is((await store.list()).length, 1);
  },
  'of many claims at once exactly one wins': async (t, { orders: store }) => {
    // Several rounds: in the first a database still opens its connections, one after the other.
    for (const machineId of ['m1', 'm2', 'm3', 'm4']) {
      const { id } = await store.file({ ...newOrder, machineId }, event);
      const calls = Array.from({ length: 8 }, (_, index) =>
        store.transition(id, 'claimed', event, { bootId: `b${index}` }),
      );
      t.deepEqual((await outcomes(calls)).sort(), [...Array(7).fill('ORDER_TRANSITION'), 'done']);
      t.deepEqual(
        (await store.events(id)).map(({ from, to }) => [from, to]),
        [
          [undefined, 'filed'],
          ['filed', 'claimed'],
        ],
      );
    }
  },
  'a transition keeps its patch and clears the progress of the stage before': async (
    t,
    { orders: store },
  ) => {
    const { id } = await store.file(newOrder, event);
    await store.transition(id, 'claimed', event, { bootId: 'b1', claimedAt: at });
    const writing = await store.transition(id, 'writing', event, {
      progress: { doneBytes: 2 ** 42, totalBytes: 2 ** 43 },
    });
    t.like(writing, { state: 'writing', bootId: 'b1', claimedAt: at });
    t.deepEqual(writing.progress, { doneBytes: 2 ** 42, totalBytes: 2 ** 43 });
    t.is((await store.transition(id, 'verifying', event)).progress, undefined);
    await store.transition(id, 'finishing', event);
    const done = await store.transition(id, 'completed', event, { evidence: evidence(), endedAt: at });
    t.deepEqual(done.evidence, evidence());
    t.deepEqual(await store.get(id), done);
  },
  'each kind keeps what it asks for, goes its own way and ends with its own evidence': async (
    t,
    { orders: store },
  ) => {
    const base = { filedAt: at, filedBy: 'admin' };
    const capture: NewOrder = {
      ...base,
      kind: 'capture',
      machineId: 'm2',
      image: 'debian',
      options: { raw: ['partition 3'] },
    };
    const removal: NewOrder = { ...base, kind: 'removal', machineId: 'm3', options: removalOrder().options };
    const captured = await store.file(capture, event);
    const removed = await store.file(removal, event);
    t.deepEqual(captured, { id: captured.id, ...capture, state: 'filed' });
    t.deepEqual(removed, { id: removed.id, ...removal, state: 'filed' });
    t.deepEqual(await store.list({ kinds: ['removal'] }), [removed]);
    await store.transition(captured.id, 'claimed', event);
    await t.throwsAsync(store.transition(captured.id, 'writing', event), { code: 'ORDER_TRANSITION' });
    await store.transition(captured.id, 'capturing', event);
    await store.transition(captured.id, 'verifying', event);
    const done = await store.transition(captured.id, 'completed', event, { evidence: captureEvidence() });
    t.deepEqual(done.evidence, captureEvidence());
  },
  'an install order keeps its secrets beside it until it ends': async (t, { orders: store, variables }) => {
    const { id: _id, state: _state, ...asked } = installOrder();
    const filed = await store.file({ ...asked, secrets: { domain_key: 'sealed' } }, event);
    t.deepEqual(filed, { id: filed.id, ...asked, state: 'filed' });
    const place = { scope: 'order', owner: String(filed.id) } as const;
    t.deepEqual(await variables.list(place), [{ ...place, name: 'domain_key', sealed: 'sealed' }]);
    for (const state of ['claimed', 'installing', 'finishing', 'verifying'] as const)
      await store.transition(filed.id, state, event);
    t.is((await variables.list(place)).length, 1);
    const done = await store.transition(filed.id, 'completed', event, { evidence: installEvidence() });
    t.deepEqual(done.evidence, installEvidence());
    t.deepEqual(await variables.list(place), []);
  },
  'a completed removal keeps its certificate and takes its machine out of service at once': async (
    t,
    { orders: store, machines },
  ) => {
    await machines.save(machine());
    await machines.save(machine({ id: 'm2', name: 'pc-2', macs: [mac(2)] }));
    const asked = { filedAt: at, filedBy: 'admin', kind: 'removal', machineId: 'm1' } as const;
    const { id } = await store.file({ ...asked, options: removalOrder().options }, event);
    for (const state of ['claimed', 'wiping', 'verifying'] as const) await store.transition(id, state, event);
    t.is((await machines.get('m1'))?.decommissionedAt, undefined);
    const certificate = { statement: '{}', signature: 's', publicKey: 'k' };
    const patch = { evidence: removalEvidence(), certificate };
    const broken = { ...event, cause: null as unknown as string };
    await t.throwsAsync(store.transition(id, 'completed', broken, patch));
    t.is((await machines.get('m1'))?.decommissionedAt, undefined, 'neither without the other');
    t.like(await store.transition(id, 'completed', event, patch), patch);
    t.deepEqual(await machines.get('m1'), machine({ decommissionedAt: at }));
    t.is((await machines.get('m2'))?.decommissionedAt, undefined);
    await machines.save(machine());
    t.deepEqual(await machines.get('m1'), machine());
  },
  'an order that is filed again was never claimed': async (t, { orders: store }) => {
    const asked = {
      filedAt: at,
      filedBy: 'admin',
      kind: 'removal',
      machineId: 'm1',
      options: removalOrder().options,
    } as const;
    const filed = await store.file(asked, event);
    await store.transition(filed.id, 'claimed', event, { bootId: 'b1', claimedAt: at, lastHeardAt: at });
    await store.transition(filed.id, 'wiping', event, { progress: { doneBytes: 1, totalBytes: 2 } });
    t.deepEqual(await store.transition(filed.id, 'filed', event), filed);
  },
  'a transition that may not be changes nothing': async (t, { orders: store }) => {
    const { id } = await store.file(newOrder, event);
    await t.throwsAsync(store.transition(id, 'completed', event, { endedAt: at }), {
      code: 'ORDER_TRANSITION',
    });
    await t.throwsAsync(store.transition(id + 1, 'claimed', event), { code: 'ORDER_NOT_FOUND' });
    t.is((await store.get(id))?.endedAt, undefined);
    t.is((await store.events(id)).length, 1);
  },
  'a transition whose event cannot be written is not done either': async (t, { orders: store }) => {
    const { id } = await store.file(newOrder, event);
    const broken = { ...event, cause: null as unknown as string };
    await t.throwsAsync(store.transition(id, 'claimed', broken));
    t.is((await store.get(id))?.state, 'filed');
    await t.throwsAsync(store.file({ ...newOrder, machineId: 'm2' }, broken));
    t.is(await store.open('m2'), undefined);
  },
  'a heartbeat keeps progress while an agent is at work': async (t, { orders: store }) => {
    const { id } = await store.file(newOrder, event);
    await t.throwsAsync(store.heard(id, at), { code: 'ORDER_CONFLICT' });
    await t.throwsAsync(store.heard(id + 1, at), { code: 'ORDER_NOT_FOUND' });
    await store.transition(id, 'claimed', event);
    const heard = await store.heard(id, at, { doneBytes: 1, totalBytes: 2 });
    t.like(heard, { lastHeardAt: at, progress: { doneBytes: 1, totalBytes: 2 } });
    t.deepEqual((await store.heard(id, at)).progress, { doneBytes: 1, totalBytes: 2 });
    t.is((await store.events(id)).length, 2);
  },
  'a note adds to the history, with a patch if there is one': async (t, { orders: store }) => {
    const { id } = await store.file(newOrder, event);
    await store.note(id, { ...event, cause: 'seen', bootId: 'b1' });
    await store.note(id, event, { bootedFromDiskAt: at });
    t.like(await store.get(id), { state: 'filed', bootedFromDiskAt: at });
    const [, note] = await store.events(id);
    t.like(note, { cause: 'seen', bootId: 'b1', from: undefined, to: undefined });
    await t.throwsAsync(store.note(id + 1, event), { code: 'ORDER_NOT_FOUND' });
  },
  'orders outlive their machine; counts go by state': async (t, { orders: store, machines, ...gauge }) => {
    await machines.save(machine());
    const { id } = await store.file(newOrder, event);
    await store.file({ ...newOrder, machineId: 'm2' }, event);
    await store.transition(id, 'cancelled', event);
    await machines.remove('m1');
    t.is((await store.events(id)).length, 2);
    t.deepEqual(await gauge.countOrders(), [
      { kind: 'deploy', state: 'cancelled', count: 1 },
      { kind: 'deploy', state: 'filed', count: 1 },
    ]);
    await t.notThrowsAsync(gauge.ping());
  },
};

const others: Record<string, Body> = {
  'a boot token is exchanged once, again only by the same start': async (t, { bootSessions: store }) => {
    const tokenHash = sha256Hex(newToken());
    const session = { id: 'b1', mac: mac(1), tokenHash, createdAt: at };
    await store.create(session);
    t.deepEqual(await store.byToken(tokenHash), session);
    const use = { agentBootId: 'a1', sessionHash: 's1', machineId: 'm1' };
    await store.exchange(tokenHash, use);
    await store.exchange(tokenHash, { ...use, sessionHash: 's2' });
    await t.throwsAsync(store.exchange(tokenHash, { ...use, agentBootId: 'a2' }), { code: 'TOKEN_USED' });
    t.deepEqual(await store.bySession('s2'), { ...session, ...use, sessionHash: 's2' });
    t.is(await store.bySession('s1'), undefined);
    await store.prune('2026-03-02T00:00:00.000Z');
    t.is(await store.byToken(tokenHash), undefined);
  },
  'of many strangers with one token exactly one gets in': async (t, { bootSessions: store }) => {
    await store.create({ id: 'b1', mac: mac(1), tokenHash: 'h', createdAt: at });
    const calls = Array.from({ length: 8 }, (_, index) =>
      store.exchange('h', { agentBootId: `a${index}`, sessionHash: `s${index}`, machineId: 'm1' }),
    );
    t.deepEqual((await outcomes(calls)).sort(), [...Array(7).fill('TOKEN_USED'), 'done']);
  },
  'leases are saved all or none, by address': async (t, { leases: store }) => {
    const lease = {
      address: '10.0.0.1',
      clientKey: 'mac:x',
      mac: mac(1),
      state: 'leased',
      expiresAt: 1_772_352_000_000,
    } as const;
    await store.save([lease, { ...lease, address: '10.0.0.2', hostName: 'pc-2' }]);
    await store.save([{ ...lease, state: 'declined' }]);
    const sorted = (await store.all()).toSorted((a, b) => a.address.localeCompare(b.address));
    t.deepEqual(sorted, [
      { ...lease, state: 'declined' },
      { ...lease, address: '10.0.0.2', hostName: 'pc-2' },
    ]);
    await store.save([]);
    const broken = { ...lease, address: '10.0.0.4', mac: null as unknown as string };
    await t.throwsAsync(store.save([{ ...lease, address: '10.0.0.3' }, broken]));
    t.is((await store.all()).length, 2);
    await store.remove(['10.0.0.1', '10.0.0.2', '10.0.0.9']);
    await store.remove([]);
    t.deepEqual(await store.all(), []);
  },
  'thousands of leases go in at once; of one address the last counts, whatever text clients send': async (
    t,
    { leases: store },
  ) => {
    const lease = (index: number, hostName: string) => ({
      address: `10.1.${index >> 8}.${index & 255}`,
      clientKey: `key-${index}`,
      mac: mac(1),
      state: 'leased' as const,
      expiresAt: 1_772_352_000_000 + index,
      hostName,
    });
    const odd = 'a\'b"c\\d;--\u00fc $1 {}';
    await store.save(Array.from({ length: 5000 }, (_, index) => lease(index, 'first')));
    await store.save([lease(7, 'second'), lease(8, odd), lease(7, 'third')]);
    const kept = new Map((await store.all()).map((one) => [one.address, one]));
    t.is(kept.size, 5000);
    t.deepEqual(kept.get('10.1.0.7'), lease(7, 'third'));
    t.deepEqual(kept.get('10.1.0.8'), lease(8, odd));
    t.deepEqual(kept.get('10.1.19.135'), lease(4999, 'first'));
  },
};

const channels: Record<string, Body> = {
  'channels: the last move counts, a removed one is gone, and the history has all': async (
    t,
    { channels: store },
  ) => {
    const move = (image: string, channel: string, version?: number) => ({
      image,
      channel,
      ...(version !== undefined && { version }),
      movedAt: at,
      movedBy: 'admin',
    });
    for (const one of [
      move('a', 'stable', 1),
      move('b', 'next', 7),
      move('a', 'next', 2),
      move('a', 'stable', 2),
    ])
      await store.move(one);
    t.deepEqual(await store.list(), [move('a', 'next', 2), move('a', 'stable', 2), move('b', 'next', 7)]);
    await store.move(move('a', 'next'));
    t.deepEqual(await store.list('a'), [move('a', 'stable', 2)]);
    t.deepEqual(await store.history('a'), [
      move('a', 'next'),
      move('a', 'stable', 2),
      move('a', 'next', 2),
      move('a', 'stable', 1),
    ]);
    t.deepEqual(await store.history('c'), []);
  },
};

/** What every asset store must do, whatever database it stands on. Each test gets a store of its own. */
export const storeContract = (test: TestFn, open: (t: ExecutionContext) => Promise<Store>): void => {
  for (const [title, body] of Object.entries({
    ...machines,
    ...orders,
    ...others,
    ...boots,
    ...channels,
    ...installs,
  }))
    test(title, async (t) => {
      await body(t, await open(t));
    });
};
