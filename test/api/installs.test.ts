import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { GreifError } from '../../src/core/errors.ts';
import type { Log } from '../../src/core/log.ts';
import { disk, inventory, mac, profileForm } from '../fleet/samples.ts';
import { startAgent } from './agent-stub.ts';
import { type ApplianceOptions, startAppliance } from './appliance.ts';

const hash = `$6$saltsalt$${'h'.repeat(86)}`;
const sources = {
  async find(name: string) {
    if (name === 'debian-12') return { system: 'debian', architecture: 'x64' };
    if (name === 'ubuntu-24') return { system: 'ubuntu', architecture: 'x64' };
    throw new GreifError('NOT_FOUND', `there is no source ${name}`);
  },
};

const installing = async (t: ExecutionContext, options: ApplianceOptions = {}) => {
  const appliance = await startAppliance({ sources, ...options });
  t.teardown(() => appliance.close());
  const agent = await startAgent(appliance, mac(1));
  const { machine } = agent.checkedIn;
  return {
    ...appliance,
    restart: () => startAgent(appliance, mac(1)),
    agent,
    machine: machine.name,
    id: machine.id,
  };
};

const profile = (over: Parameters<typeof profileForm>[0] = {}) =>
  profileForm({
    variables: {
      ntpServer: { type: 'string', default: 'pool.ntp.org' },
      tasks: { type: 'list' },
      join_key: { type: 'string', secret: true },
    },
    users: [{ name: 'staff', passwordHash: hash, isAdmin: true }],
    postInstall: ['join --key {{ variables.join_key }}'],
    ...over,
  });

test('a profile keeps its versions, refuses what is wrong by its field, and never shows a hash', async (t) => {
  const { client } = await installing(t);
  t.is((await client.addProfile({ body: profile() })).version, 1);
  t.is((await client.addProfile({ body: profile() })).version, 1, 'the same again is no new version');
  t.is((await client.addProfile({ body: profile({ release: 'trixie' }) })).version, 2);
  t.is((await client.getProfile({ params: { profile: 'lab' } })).release, 'trixie');
  const first = await client.getProfile({ params: { profile: 'lab@1' } });
  t.like(first, { release: 'bookworm', version: 1 });
  t.is(first.users[0]?.passwordHash, '•••');
  const wrong = client.addProfile({ body: profile({ rootPasswordHash: 'toor' }) });
  const error = await t.throwsAsync(wrong, { code: 'BAD_REQUEST', message: /rootPasswordHash: .*mkpasswd/ });
  t.notRegex(error?.message ?? '', /toor/);
  for (const ref of ['lab@3', 'lab@', 'lab@1@1', 'other'])
    await t.throwsAsync(client.getProfile({ params: { profile: ref } }), { code: 'PROFILE_NOT_FOUND' }, ref);
  await client.removeProfile({ params: { profile: 'lab' } });
  t.deepEqual(await client.listProfiles(), []);
});

test('values count by their place, and the preview tells which', async (t) => {
  const { client, machine, restart } = await installing(t);
  await client.addProfile({ body: profile() });
  const params = { profile: 'lab' };
  const render = (variables = {}) => client.renderProfile({ params, body: { machine, variables } });
  const from = async (name: string, variables = {}) =>
    (await render(variables)).values.find((one) => one.name === name);
  await t.throwsAsync(render(), { code: 'VARIABLE_UNDEFINED', message: /needs tasks, join_key/ });
  await client.changeSiteVariables({
    body: { values: { tasks: 'ssh-server, standard', join_key: 'j0in-k3y' } },
  });
  t.deepEqual(await from('ntpServer'), { name: 'ntpServer', value: 'pool.ntp.org', from: 'profile' });
  t.deepEqual(await from('tasks'), { name: 'tasks', value: ['ssh-server', 'standard'], from: 'site' });

  await client.changeMachine({ params: { machine }, body: { room: 'R101', groups: ['a', 'b'] } });
  const set = (values: Record<string, string | null>) => ({ body: { values } });
  await client.changeRoomVariables({ params: { room: 'R101' }, ...set({ ntpServer: 'room' }) });
  t.like(await from('ntpServer'), { value: 'room', from: 'room:R101' });
  await client.changeGroupVariables({ params: { group: 'b' }, ...set({ ntpServer: 'b' }) });
  await client.changeGroupVariables({ params: { group: 'a' }, ...set({ ntpServer: 'a' }) });
  t.like(await from('ntpServer'), { value: 'b', from: 'group:b' }, 'of two groups the later named');
  await client.changeMachineVariables({ params: { machine }, ...set({ ntpServer: 'own' }) });
  t.like(await from('ntpServer'), { value: 'own', from: 'machine' });
  t.like(await from('ntpServer', { ntpServer: 'order' }), { value: 'order', from: 'order' });
  t.like(await from('ntpServer', { ntpServer: '' }), { value: 'own', from: 'machine' });
  await restart();
  t.like(await client.getMachine({ params: { machine } }), { groups: ['a', 'b'], room: 'R101' });
  await client.changeMachineVariables({ params: { machine }, ...set({ ntpServer: '' }) });
  t.like(await from('ntpServer'), { from: 'group:b' }, 'an empty text takes it back');
  t.deepEqual(await client.listGroups(), [
    { name: 'a', machines: 1 },
    { name: 'b', machines: 1 },
  ]);
  t.deepEqual(
    (await client.listRooms()).map(({ name }) => name),
    ['R101'],
  );
});

test('a room for which only values are set is there', async (t) => {
  const { client } = await installing(t);
  await client.addProfile({ body: profile() });
  await client.changeRoomVariables({ params: { room: 'R9' }, body: { values: { ntpServer: 'x' } } });
  t.like((await client.listRooms())[0], { name: 'R9', machines: 0 });
});

test('what no profile declares, or not so, is refused where it is set', async (t) => {
  const { client, machine } = await installing(t);
  await client.addProfile({ body: profile({ variables: { seats: { type: 'integer' } } }) });
  const set = (values: Record<string, string | number>) => client.changeSiteVariables({ body: { values } });
  await t.throwsAsync(set({ seat: 5 }), {
    code: 'VARIABLE_INVALID',
    message: /declares the variable seat; .*seats/,
  });
  await t.throwsAsync(set({ seats: 'many' }), { code: 'VARIABLE_INVALID', message: /a whole number/ });
  t.deepEqual((await set({ seats: 5 })).values, { seats: 5 });
  const asked = { machine, variables: { seat: '5' } };
  await t.throwsAsync(client.renderProfile({ params: { profile: 'lab' }, body: asked }), {
    code: 'VARIABLE_INVALID',
    message: /lab@1 has no variable seat/,
  });
});

test('an order holds what counted when it was filed, and is filed only if its answer can be made', async (t) => {
  const { client, machine, id, fleet } = await installing(t);
  await client.addProfile({ body: profile() });
  const file = (over: object = {}) =>
    client.fileOrder({ body: { kind: 'install', machine, profile: 'lab', ...over } });
  await t.throwsAsync(file(), { code: 'VARIABLE_UNDEFINED' });
  const values = { tasks: 'standard', join_key: 'j0in-k3y' };
  await client.changeSiteVariables({ body: { values } });
  await client.addProfile({ body: profile({ name: 'lost', source: 'nowhere' }) });
  await t.throwsAsync(file({ profile: 'lost' }), { message: /no source nowhere/ });
  await client.addProfile({ body: profile({ name: 'wrong', source: 'ubuntu-24' }) });
  await t.throwsAsync(file({ profile: 'wrong' }), { code: 'SOURCE_UNFIT', message: /ubuntu.*debian/ });
  await client.addProfile({ body: profile({ name: 'typo', postInstall: ['echo {{ variables.nothing }}'] }) });
  await t.throwsAsync(file({ profile: 'typo' }), { code: 'TEMPLATE_INVALID', message: /nothing/ });
  t.deepEqual(await client.listOrders({ query: {} }), [], 'nothing half-filed is left');

  const order = await file({ hostName: 'desk-7', variables: { ntpServer: 'ntp.example.edu' } });
  if (order.kind !== 'install') return t.fail();
  t.like(order, { hostName: 'desk-7', diskId: 'serial:A', state: 'filed' });
  t.deepEqual(order.options, {
    profile: 'lab@1',
    system: 'debian',
    release: 'bookworm',
    deadlineMinutes: 120,
    variables: { ntpServer: 'ntp.example.edu', tasks: ['standard'], join_key: { secret: true } },
  });
  await t.throwsAsync(client.removeProfile({ params: { profile: 'lab' } }), {
    code: 'PROFILE_IN_USE',
    message: new RegExp(`order ${order.id}`),
  });
  const removeSource = () => client.removeSource({ params: { source: 'debian-12' } });
  await t.throwsAsync(removeSource(), { code: 'SOURCE_IN_USE', message: new RegExp(`order ${order.id}`) });
  await client.changeSiteVariables({ body: { values: { tasks: 'other', join_key: 'another' } } });
  await client.addProfile({ body: profile({ release: 'trixie' }) });
  const plan = await fleet.installs.ofOrder(order, await fleet.machines.find(id));
  t.is(plan.profile.release, 'bookworm');
  t.deepEqual(plan.variables['tasks']?.value, ['standard']);
  t.is(plan.variables['join_key']?.value, 'j0in-k3y', 'the secret as it was');
  await client.cancelOrder({ params: { id: order.id } });
  await t.throwsAsync(removeSource(), { code: 'SOURCE_NOT_FOUND' }, 'nobody needs it');
  await t.throwsAsync(fleet.installs.ofOrder(order, await fleet.machines.find(id)), undefined, 'it is gone');
});

test('an installer that would have to choose among disks gets no order', async (t) => {
  const appliance = await startAppliance({ sources });
  t.teardown(() => appliance.close());
  await startAgent(appliance, mac(1), inventory([mac(1)], undefined, [disk('A'), disk('B')]));
  const { client } = appliance;
  await client.addProfile({ body: profile({ variables: {}, postInstall: [] }) });
  const file = (over: object = {}) =>
    client.fileOrder({ body: { kind: 'install', machine: mac(1), profile: 'lab', ...over } });
  await t.throwsAsync(file(), { code: 'DISK_AMBIGUOUS' });
  const body = profile({
    variables: {},
    postInstall: [],
    disk: { fileSystem: 'ext4', bootDisk: 'smallest' },
  });
  await client.addProfile({ body });
  await t.throwsAsync(file(), { code: 'DISK_AMBIGUOUS' }, 'both are as small');
  t.like(await file({ diskId: 'B' }), { diskId: 'serial:B' });
});

/** The database with its write-ahead log, as bytes. */
const databaseBytes = async (folder: string): Promise<string> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name.includes('sqlite'));
  const texts = await Promise.all(
    files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'latin1')),
  );
  return texts.join('');
};

test('a secret is in no answer, no log line and no file of the database, nor is the hash of a password', async (t) => {
  const secret = 'S3cr3tÄ"<&>';
  const lines: string[] = [];
  const note = (...line: unknown[]) => void lines.push(JSON.stringify(line));
  const log: Log = { error: note, warn: note, info: note, debug: note, child: () => log };
  const { client, admin, machine, folder, agent } = await installing(t, { log });
  const told: unknown[] = [];
  const tell = async <T>(answer: Promise<T>): Promise<T> => {
    told.push(await answer.catch((error: Error) => error.message));
    return answer;
  };
  await tell(client.addProfile({ body: profile() }));
  await tell(client.changeSiteVariables({ body: { values: { tasks: 'standard', join_key: secret } } }));
  await tell(client.changeMachineVariables({ params: { machine }, body: { values: { join_key: secret } } }));
  await tell(client.listVariables({ query: {} }));
  const rendered = await tell(client.renderProfile({ params: { profile: 'lab' }, body: { machine } }));
  t.regex(rendered.files.map(({ text }) => text).join(''), /join --key '\*\*\*'/);
  const body = { kind: 'install', machine, profile: 'lab', variables: { join_key: secret } } as const;
  const { id } = await tell(client.fileOrder({ body }));
  await tell(client.getOrder({ params: { id } }));
  await tell(client.listOrders({ query: {} }));
  await tell(client.orderEvents({ params: { id } }));
  await tell(client.watchOrder({ params: { id }, query: {} }));
  await tell(client.rotateSecretKey());
  await tell(client.listProfiles());
  await tell(client.getProfile({ params: { profile: 'lab' } }));
  told.push(await (await fetch(`${admin}/metrics`)).text(), await agent.claim());
  const bad = { values: { join_key: [secret] } };
  await tell(client.changeSiteVariables({ body: bad })).catch(() => {});
  const database = await databaseBytes(folder);
  t.true(database.includes('join_key'), 'this is the database');
  const seen = JSON.stringify(told) + lines.join('\n') + database;
  t.true(lines.length > 0);
  for (const hidden of [secret, 'S3cr3t', Buffer.from(secret).toString('latin1'), hash, 'h'.repeat(86)])
    t.false(seen.includes(hidden), hidden);
});

test('a waiting agent is told to restart for the installer, and the order stays filed', async (t) => {
  const { client, machine, agent } = await installing(t);
  await client.addProfile({ body: profile({ variables: {}, postInstall: [] }) });
  const waiting = agent.claim(30);
  const { id } = await client.fileOrder({ body: { kind: 'install', machine, profile: 'lab' } });
  t.deepEqual((await waiting).body as unknown, { kind: 'restart', order: { id } });
  t.is((await client.getOrder({ params: { id } })).state, 'filed');
  t.is((await agent.progress(id, 'finishing')).status, 403, 'it holds nothing');
});

test('once the installer is done the next start of the agent goes on; before that it is a PC that restarted', async (t) => {
  const { client, machine, store, restart } = await installing(t);
  await client.addProfile({ body: profile({ variables: {}, postInstall: [] }) });
  const file = () => client.fileOrder({ body: { kind: 'install', machine, profile: 'lab' } });
  const event = { at: new Date().toISOString(), actor: 'appliance', cause: 'a test' };
  const { id } = await file();
  await store.orders.transition(id, 'claimed', event, { bootId: 'installer', claimedAt: event.at });
  for (const state of ['installing', 'finishing'] as const) await store.orders.transition(id, state, event);
  const second = await restart();
  t.like(await client.getOrder({ params: { id } }), { state: 'finishing', bootId: second.bootId });
  t.is((await second.progress(id, 'finishing')).status, 200);
  const third = await restart();
  t.like(await client.getOrder({ params: { id } }), { state: 'finishing', bootId: third.bootId });
  t.is((await second.progress(id, 'finishing')).status, 403);
  await client.cancelOrder({ params: { id } });

  const again = await file();
  await store.orders.transition(again.id, 'claimed', event, { bootId: 'installer', claimedAt: event.at });
  await restart();
  t.like(await client.getOrder({ params: { id: again.id } }), {
    state: 'failed',
    reason: { code: 'PC_RESTARTED' },
  });
});

test('after a rotation of the key everything opens as before, by the new key alone', async (t) => {
  const { client, machine, id, fleet, store, folder } = await installing(t);
  await client.addProfile({ body: profile() });
  await client.changeSiteVariables({ body: { values: { tasks: 'standard', join_key: 'j0in-k3y' } } });
  const order = await client.fileOrder({ body: { kind: 'install', machine, profile: 'lab' } });
  const { key } = await client.rotateSecretKey();
  const sealed = [...(await store.variables.list()), ...(await store.profiles.list())].map(
    (row) => row.sealed,
  );
  t.is(sealed.length, 4);
  t.true(sealed.every((text) => text.startsWith(`${key}.`)));
  t.is((await readFile(join(folder, 'keys/secrets.key'), 'utf8')).trim().split('\n').length, 1);
  if (order.kind !== 'install') return t.fail();
  const plan = await fleet.installs.ofOrder(order, await fleet.machines.find(id));
  t.is(plan.variables['join_key']?.value, 'j0in-k3y');
});
