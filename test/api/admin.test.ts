import { request as rawRequest } from 'node:http';
import test, { type ExecutionContext } from 'ava';
import type { ErrorBody } from '../../src/api/contract/error.ts';
import type { Log } from '../../src/core/log.ts';
import { disk, inventory, mac } from '../fleet/samples.ts';
import { send, startAgent } from './agent-stub.ts';
import { type ApplianceOptions, startAppliance } from './appliance.ts';

const started = async (t: ExecutionContext, options?: ApplianceOptions) => {
  const appliance = await startAppliance(options);
  t.teardown(appliance.close);
  return appliance;
};

test('a machine is found by id, name and MAC, renamed, and forgotten when it has no order', async (t) => {
  const { client, ...appliance } = await started(t);
  await startAgent({ client, ...appliance }, mac(1));
  const found = await client.getMachine({ params: { machine: 'pc-000001' } });
  for (const machine of [found.id, '52-54-00-00-00-01', '525400000001'])
    t.deepEqual(await client.getMachine({ params: { machine } }), found);
  const params = { machine: found.id };
  t.is((await client.changeMachine({ params, body: { name: 'desk-7' } })).name, 'desk-7');
  await startAgent({ client, ...appliance }, mac(1));
  t.is((await client.getMachine({ params })).name, 'desk-7', 'a check-in keeps the name');
  const order = await client.fileOrder({ body: { machine: 'desk-7', image: 'debian' } });
  t.like(order, { kind: 'deploy', hostName: 'desk-7' });
  await t.throwsAsync(client.removeMachine({ params }), {
    code: 'ORDER_CONFLICT',
    message: /cancel it first/,
  });
  await client.cancelOrder({ params: { id: order.id } });
  t.deepEqual(await client.removeMachine({ params }), { removed: 'desk-7' });
  await t.throwsAsync(client.getMachine({ params }), { code: 'MACHINE_NOT_FOUND' });
  t.is((await client.orderEvents({ params: { id: order.id } })).length, 2, 'history stays');
});

test('room and loader outlast a check-in; what the API does not know is refused', async (t) => {
  const appliance = await started(t);
  const { client } = appliance;
  await startAgent(appliance, mac(1));
  const params = { machine: mac(1) };
  await client.changeMachine({ params, body: { room: 'Haus 2 R101', loader: 'ipxe' } });
  await startAgent(appliance, mac(1));
  t.like(await client.getMachine({ params }), { room: 'Haus 2 R101', loader: 'ipxe' });
  t.deepEqual(await client.listRooms(), [{ name: 'Haus 2 R101', machines: 1 }]);
  const room = { room: 'Haus 2 R101' };
  t.deepEqual(await client.changeRoom({ params: room, body: { menu: false } }), {
    name: 'Haus 2 R101',
    menu: false,
    machines: 1,
  });
  t.deepEqual((await client.changeRoom({ params: room, body: { menu: null } })).menu, undefined);
  const odd = { loader: 'grub' } as unknown as { loader: 'shim' };
  await t.throwsAsync(client.changeRoom({ params: room, body: odd }), { code: 'BAD_REQUEST' });
  await t.throwsAsync(client.changeMachine({ params, body: { room: 'a\nb' } }), { code: 'BAD_REQUEST' });
});

test('a name is given once, also by a rename', async (t) => {
  const appliance = await started(t);
  await startAgent(appliance, mac(1));
  await startAgent(appliance, mac(2), inventory([mac(2)], undefined, [disk('B')]));
  const body = { name: 'pc-000002' };
  await t.throwsAsync(appliance.client.changeMachine({ params: { machine: mac(1) }, body }), {
    code: 'NAME_TAKEN',
  });
});

test('a disk is chosen by any of its names, refused when there is none or more than one', async (t) => {
  const appliance = await started(t);
  const { client } = appliance;
  const twins = [disk('A'), { ...disk('T'), id: 'wwn:1' }, { ...disk('T'), id: 'wwn:2' }];
  await startAgent(appliance, mac(1), inventory([mac(1)], undefined, twins));
  const params = { machine: mac(1) };
  t.is(
    (await client.changeMachine({ params, body: { disks: { system: 'A' } } })).disks?.['system'],
    'serial:A',
  );
  const order = await client.fileOrder({ body: { machine: mac(1), image: 'debian' } });
  t.is(order.diskId, 'serial:A');
  t.is((await client.changeMachine({ params, body: { disks: { system: null } } })).disks, undefined);
  await t.throwsAsync(client.changeMachine({ params, body: { disks: { system: 'T' } } }), {
    code: 'DISK_AMBIGUOUS',
  });
  const filing = client.fileOrder({ body: { machine: mac(1), image: 'debian', diskId: 'Z' } });
  await t.throwsAsync(filing, { code: 'DISK_NOT_FOUND', message: /serial:A, wwn:1, wwn:2/ });
});

test('orders are filed, listed, refused twice, and watched to each next event', async (t) => {
  const { client, ...appliance } = await started(t);
  const agent = await startAgent({ client, ...appliance }, mac(1));
  const { id } = await client.fileOrder({ body: { machine: mac(1), image: 'debian@1', hostName: 'h1' } });
  await t.throwsAsync(client.fileOrder({ body: { machine: mac(1), image: 'debian' } }), {
    code: 'ORDER_CONFLICT',
  });
  await t.throwsAsync(client.fileOrder({ body: { machine: mac(1), image: 'windows' } }), {
    code: 'IMAGE_NOT_FOUND',
  });
  t.is((await client.listOrders({ query: { machine: mac(1), state: ['filed', 'failed'] } })).length, 1);
  t.is((await client.listOrders({ query: { state: 'failed' } })).length, 0);

  const first = await client.watchOrder({ params: { id }, query: {} });
  t.is(first.events.length, 1);
  const after = first.events.at(-1)?.id ?? 0;
  const waiting = client.watchOrder({ params: { id }, query: { after, waitSeconds: 60 } });
  await agent.claim();
  t.like(await waiting, { order: { state: 'claimed' }, events: [{ to: 'claimed' }] });
  await t.throwsAsync(client.watchOrder({ params: { id: 99 }, query: {} }), { code: 'ORDER_NOT_FOUND' });
});

test('an image that an open order needs is not removed', async (t) => {
  const appliance = await started(t);
  const { client } = appliance;
  await startAgent(appliance, mac(1));
  const { id } = await client.fileOrder({ body: { machine: mac(1), image: 'debian@1' } });
  for (const image of ['debian@1', 'debian'])
    await t.throwsAsync(client.removeImage({ params: { image } }), { code: 'IMAGE_IN_USE' });
  await client.cancelOrder({ params: { id } });
  t.deepEqual(await client.removeImage({ params: { image: 'debian@1' } }), { removed: 'debian@1' });
  t.deepEqual(
    (await client.listImages()).map(({ ref }) => ref),
    ['debian@2'],
  );
});

test('wrong requests are refused with the field that is wrong', async (t) => {
  const { admin } = await started(t);
  const refused = async (body: unknown, message: RegExp) => {
    const answer = await send<ErrorBody>(`${admin}/api/v1/orders`, body);
    t.like(answer, { status: 400, body: { error: { code: 'BAD_REQUEST' } } });
    t.regex(answer.body.error?.message ?? '', message);
  };
  await refused({ image: 'debian' }, /^machine: /);
  await refused({ machine: 'a', image: 'b', hostname: 'x' }, /hostname/);
  await refused({ machine: 'a', image: 'b', hostName: 'PC 1' }, /^hostName: small letters/);
  await refused([], /^body: /);
  const unread = await fetch(`${admin}/api/v1/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"machine":',
  });
  t.is(unread.status, 400);
  t.regex(((await unread.json()) as ErrorBody).error.message, /not valid JSON/);
  t.is((await send(`${admin}/api/v1/orders/seven`)).status, 400);
  t.is((await send(`${admin}/api/v1/orders?state=lost`)).status, 400);
  t.is((await send(`${admin}/api/v1/machines/%zz`)).status, 400);
  t.is((await send(`${admin}/elsewhere`)).status, 404);
  t.is((await send(`${admin}/api/v1/orders`, { machine: 'x'.repeat(100_000) })).status, 413);
});

test('no page of another site becomes the administrator', async (t) => {
  const { admin } = await started(t);
  const statusWith = (headers: Record<string, string>) =>
    new Promise<number | undefined>((resolve, reject) => {
      const request = rawRequest(`${admin}/api/v1/machines`, { headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      request.on('error', reject).end();
    });
  const { host, port } = new URL(admin);
  t.is(await statusWith({ host }), 200);
  t.is(await statusWith({ host: `localhost:${port}` }), 200);
  t.is(await statusWith({ host, origin: admin }), 200);
  t.is(await statusWith({ host: 'rebound.example' }), 403);
  t.is(await statusWith({ host: `127.0.0.1.rebound.example:${port}` }), 403);
  t.is(await statusWith({ host, origin: 'http://evil.example' }), 403);
  t.is(await statusWith({ host, origin: 'null' }), 403);
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  t.is((await send(`${admin}/api/v1/orders/1/cancel`, {}, form)).status, 400);
});

test('a store that breaks is told as a failure with a request id, its text only in the log', async (t) => {
  const lines: string[] = [];
  const note = (message: string, fields?: object) => lines.push(`${message} ${JSON.stringify(fields)}`);
  const log: Log = { debug() {}, info() {}, warn() {}, error: note, child: () => log };
  const broken = () => Promise.reject(new Error('disk on fire at /secret/place'));
  const { admin } = await started(t, {
    log,
    breakStore: (store) => ({ ...store, ping: broken, machines: { ...store.machines, list: broken } }),
  });
  for (const path of ['api/v1/machines', 'healthz']) {
    const answer = await fetch(`${admin}/${path}`);
    const { error } = (await answer.json()) as ErrorBody;
    t.is(answer.status, 500);
    t.is(error.code, 'INTERNAL');
    t.true(error.message.includes(answer.headers.get('x-request-id') ?? 'none'));
    t.notRegex(JSON.stringify(error), /secret|at \w+/);
  }
  t.true(lines.some((line) => line.includes('disk on fire')));
});

test('health and metrics answer', async (t) => {
  const appliance = await started(t);
  const agent = await startAgent(appliance, mac(1));
  await appliance.client.fileOrder({ body: { machine: mac(1), image: 'debian' } });
  await agent.claim();
  t.deepEqual((await send(`${appliance.admin}/healthz`)).body, { status: 'ok' });
  const text = await (await fetch(`${appliance.admin}/metrics`)).text();
  const lines = [
    'greif_orders{kind="deploy",state="claimed"} 1',
    'greif_orders{kind="deploy",state="filed"} 0',
    'greif_orders{kind="removal",state="wiping"} 0',
    'greif_order_transitions_total{kind="deploy",state="filed"} 1',
    'greif_agents_active 1',
    'greif_agents_waiting 0',
  ];
  for (const line of lines) t.true(text.split('\n').includes(line), line);
  t.regex(
    text,
    /duration_seconds_count\{api="agent",method="POST",route="\/agent\/v1\/claim",status="200"\} 1/,
  );
});

test('disks by role: the machine says, else its room, else the order is refused; never by the kernel’s name', async (t) => {
  const appliance = await started(t);
  const { client } = appliance;
  const nvme = { ...disk('N'), transport: 'nvme', sizeBytes: 2 ** 38, address: 'path:0000:01:00.0' };
  const disks = [nvme, { ...disk('S'), transport: 'sata' }];
  await startAgent(appliance, mac(1), inventory([mac(1)], undefined, disks));
  const machine = { params: { machine: mac(1) } };
  const filed = async (more: object = {}): Promise<string | undefined> => {
    const order = await client.fileOrder({ body: { machine: mac(1), image: 'debian', ...more } });
    await client.cancelOrder({ params: { id: order.id } });
    return order.diskId;
  };
  t.is(await filed(), undefined, 'nobody says: the agent takes its only disk or refuses');
  await client.changeMachine({ ...machine, body: { room: 'R1' } });
  await client.changeRoom({
    params: { room: 'R1' },
    body: { disks: { system: 'only nvme', data: 'only sata' } },
  });
  t.is(await filed(), 'serial:N');
  t.is(await filed({ role: 'data' }), 'serial:S');
  t.is(await filed({ diskId: 'largest' }), 'serial:N', 'the order itself says');
  await client.changeMachine({ ...machine, body: { disks: { system: 'smallest' } } });
  t.is(await filed(), 'serial:S', 'the machine before its room');
  await client.changeMachine({ ...machine, body: { disks: { system: 'path:0000:01:00.0' } } });
  t.is(await filed(), 'serial:N');
  await t.throwsAsync(filed({ role: 'backup' }), { code: 'DISK_NOT_FOUND', message: /--disk backup=DISK/ });
  await t.throwsAsync(client.changeMachine({ ...machine, body: { disks: { system: '/dev/sda' } } }), {
    code: 'BAD_REQUEST',
  });
  await t.throwsAsync(client.changeMachine({ ...machine, body: { disks: { system: 'only hdd' } } }), {
    code: 'DISK_NOT_FOUND',
  });
  const room = { params: { room: 'R1' }, body: { disks: { system: 'serial:N' } } };
  await t.throwsAsync(client.changeRoom(room), { code: 'BAD_REQUEST', message: /every PC of a room/ });
  const back = await client.changeRoom({
    params: { room: 'R1' },
    body: { disks: { system: null, data: null } },
  });
  t.is(back.disks, undefined);
});
