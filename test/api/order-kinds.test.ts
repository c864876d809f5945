import test, { type ExecutionContext } from 'ava';
import {
  at,
  captureEvidence,
  disk,
  evidence,
  installEvidence,
  installOrder,
  inventory,
  mac,
  removalEvidence,
  removalOrder,
} from '../fleet/samples.ts';
import { type Answer, send, startAgent } from './agent-stub.ts';
import { startAppliance } from './appliance.ts';

const started = async (t: ExecutionContext) => {
  const appliance = await startAppliance();
  t.teardown(appliance.close);
  return { appliance, client: appliance.client, agent: await startAgent(appliance, mac(1)) };
};

const claimed = (answer: Answer<unknown>): unknown => answer.body;

test('a capture is claimed as such, goes through its own stages and ends with the published version', async (t) => {
  const { client, agent } = await started(t);
  const options = { raw: ['partition 3'] };
  const body = { kind: 'capture', machine: mac(1), image: 'debian', diskId: 'A', options } as const;
  const { id } = await client.fileOrder({ body });
  t.deepEqual(claimed(await agent.claim()), {
    kind: 'capture',
    order: { id, image: 'debian', diskId: 'serial:A', options },
  });
  t.like(await agent.progress(id, 'writing'), { status: 400, body: { error: { code: 'BAD_REQUEST' } } });
  t.like(await agent.progress(id, 'capturing'), { body: { state: 'capturing' } });
  t.like(await agent.complete(id, evidence()), { status: 400 });
  const { digest } = await client.getImage({ params: { image: 'debian@2' } });
  const proof = captureEvidence({ image: 'debian@2', manifestDigest: digest });
  t.deepEqual(await agent.complete(id, proof), { status: 200, body: { state: 'completed' } });
  t.deepEqual((await client.getOrder({ params: { id } })).evidence, proof);
  const states = (await client.orderEvents({ params: { id } })).map(({ to }) => to);
  t.deepEqual(states, ['filed', 'claimed', 'capturing', 'verifying', 'completed']);
  t.deepEqual(await client.removeImage({ params: { image: 'debian@1' } }), { removed: 'debian@1' });
});

test('evidence about a version that was never published fails the capture', async (t) => {
  const { client, agent } = await started(t);
  const { id } = await client.fileOrder({ body: { kind: 'capture', machine: mac(1), image: 'debian' } });
  await agent.claim();
  const answer = await agent.complete(id, captureEvidence({ image: 'debian@7' }));
  t.like(answer, { status: 404, body: { error: { code: 'IMAGE_NOT_FOUND' } } });
  t.is((await client.getOrder({ params: { id } })).state, 'claimed');
});

test('a removal begins anew when its PC restarts; a half-deployed disk fails', async (t) => {
  const { appliance, client, agent } = await started(t);
  const { id } = await client.fileOrder({ body: { kind: 'removal', machine: mac(1), disks: ['A'] } });
  t.deepEqual(claimed(await agent.claim()), {
    kind: 'removal',
    order: { id, options: removalOrder().options },
  });
  await agent.progress(id, 'wiping');
  const again = await startAgent(appliance, mac(1));
  t.is((await client.getOrder({ params: { id } })).state, 'filed');
  t.like(await agent.progress(id, 'wiping'), { status: 403 }, 'the start that held it holds it no more');
  await again.claim();
  t.like(await again.complete(id, removalEvidence()), { body: { state: 'completed' } });
  t.regex((await client.orderEvents({ params: { id } }))[3]?.cause ?? '', /restarted at stage wiping, 43 %/);

  await client.changeMachine({ params: { machine: mac(1) }, body: { decommissionedAt: null } });
  const deploy = await client.fileOrder({ body: { machine: mac(1), image: 'debian' } });
  await again.claim();
  await startAgent(appliance, mac(1));
  t.is((await client.getOrder({ params: { id: deploy.id } })).state, 'failed');
});

test('once its installer has ended the agent gets an install, again after a restart, and leaves it to the new system', async (t) => {
  const { appliance, client } = await started(t);
  const { orders } = appliance.fleet;
  const { id: _id, state: _state, machineId: _machine, ...asked } = installOrder({ diskId: 'serial:A' });
  const machineId = (await client.getMachine({ params: { machine: mac(1) } })).id;
  const event = { at, actor: 'admin', cause: 'a test' };
  const { id } = await orders.file({ ...asked, machineId }, event);

  for (const state of ['claimed', 'installing', 'finishing'] as const)
    await orders.transition(id, state, event);
  await startAgent(appliance, mac(1));
  const again = await startAgent(appliance, mac(1));
  t.like(claimed(await again.claim()), {
    kind: 'install',
    machineId,
    scripts: [],
    order: { id, hostName: 'pc-1', diskId: 'serial:A', options: { profile: 'lab@1', system: 'debian' } },
  });
  t.false(JSON.stringify(await again.claim()).includes('domain_key'), 'variables are nothing for the agent');
  t.like(await again.complete(id, evidence()), { status: 400 });
  const done = installEvidence({ agentVersion: '0.1.0' });
  t.deepEqual(await again.complete(id, done), { status: 200, body: { state: 'verifying' } });
  t.deepEqual(await again.complete(id, done), { status: 200, body: { state: 'verifying' } });
  t.like(await orders.get(id), { state: 'verifying', evidence: done });
  appliance.installLogs.add(id, 'preseed: successfully loaded');
  t.deepEqual(await client.orderLog({ params: { id } }), { lines: ['preseed: successfully loaded'] });
});

test('orders are listed by kind; what a kind does not know is refused by name', async (t) => {
  const { appliance, client } = await started(t);
  await client.fileOrder({ body: { kind: 'removal', machine: mac(1) } });
  t.is((await client.listOrders({ query: { kind: 'removal' } })).length, 1);
  t.deepEqual(await client.listOrders({ query: { kind: ['deploy', 'capture'] } }), []);
  const post = (body: object) => send(`${appliance.admin}/api/v1/orders`, body);
  for (const [body, field] of [
    [{ kind: 'removal', machine: mac(1), image: 'debian' }, /image/],
    [{ kind: 'capture', machine: mac(1), image: 'debian@1' }, /image/],
    [{ kind: 'burial', machine: mac(1) }, /kind/],
    [{ machine: mac(1) }, /image/],
  ] as const)
    t.regex((await post(body)).body.error?.message ?? '', field);
});

test('a completed removal is certified, and its machine is out of service until it is taken back', async (t) => {
  const { appliance, client, agent } = await started(t);
  const { id } = await client.fileOrder({ body: { kind: 'removal', machine: mac(1) } });
  const params = { id };
  await t.throwsAsync(client.getCertificate({ params }), { code: 'NO_CERTIFICATE' });
  await agent.claim();
  await agent.progress(id, 'wiping');
  t.like(await agent.complete(id, removalEvidence()), { body: { state: 'completed' } });
  t.like(
    await agent.complete(id, removalEvidence()),
    { body: { state: 'completed' } },
    'as often as it likes',
  );

  const certificate = await client.getCertificate({ params });
  const { statement, signer } = await client.checkCertificate({ body: certificate });
  t.is(signer, 'this appliance');
  t.like(statement, {
    order: id,
    filedBy: 'admin',
    machine: { serial: 'S1' },
    disks: removalEvidence().disks,
  });
  const forged = { ...certificate, statement: certificate.statement.replace('serial:A', 'serial:B') };
  await t.throwsAsync(client.checkCertificate({ body: forged }), { code: 'CERTIFICATE_INVALID' });

  const machine = { machine: mac(1) };
  t.truthy((await client.getMachine({ params: machine })).decommissionedAt);
  for (const body of [
    { kind: 'removal', machine: mac(1) },
    { machine: mac(1), image: 'debian' },
  ] as const)
    await t.throwsAsync(client.fileOrder({ body }), { code: 'MACHINE_DECOMMISSIONED' });
  const { token, bootId } = await appliance.powerOn(mac(1));
  const checkIn = { token, agentBootId: `boot-${bootId}`, agentVersion: '0', inventory: inventory([mac(1)]) };
  const refused = await send(`${agent.url}/check-in`, checkIn);
  t.like(refused, { status: 409, body: { error: { code: 'MACHINE_DECOMMISSIONED' } } });

  await client.changeMachine({ params: machine, body: { decommissionedAt: null } });
  t.is((await client.getMachine({ params: machine })).decommissionedAt, undefined);
  t.is((await send(`${agent.url}/check-in`, checkIn)).status, 200);
});

test('which disks are wiped is certain before an order is filed', async (t) => {
  const appliance = await startAppliance();
  t.teardown(appliance.close);
  const stick = { ...disk('U'), path: '/dev/sdz', transport: 'usb' };
  await startAgent(appliance, mac(1), inventory([mac(1)], undefined, [disk('A'), disk('B'), stick]));
  const { client } = appliance;
  await client.changeMachine({ params: { machine: mac(1) }, body: { disks: { system: 'A' } } });
  const file = (disks?: 'all' | string[]) =>
    client.fileOrder({ body: { kind: 'removal', machine: mac(1), ...(disks && { disks }) } });
  await t.throwsAsync(file(), { code: 'DISK_AMBIGUOUS', message: /--disk.*--all/ });
  await t.throwsAsync(file(['Z']), { code: 'DISK_NOT_FOUND' });
  await t.throwsAsync(file(['A', 'U']), { code: 'DISK_UNSUITABLE' });
  const order = await file('all');
  t.deepEqual(order.kind === 'removal' && order.options.disks.map(({ id }) => id), ['serial:A', 'serial:B']);
});

test('evidence of a disk that is not empty fails the removal: no certificate, still in service', async (t) => {
  const { client, agent } = await started(t);
  const { id } = await client.fileOrder({ body: { kind: 'removal', machine: mac(1) } });
  await agent.claim();
  const [wipedDisk] = removalEvidence().disks;
  if (!wipedDisk) return t.fail();
  const bad = { ...wipedDisk, readBack: { scope: 'whole' as const, readBytes: 512 } };
  const answer = await agent.complete(id, removalEvidence({ disks: [bad] }));
  t.like(answer, { status: 422, body: { error: { code: 'EVIDENCE_MISMATCH' } } });
  await t.throwsAsync(client.getCertificate({ params: { id } }), { code: 'NO_CERTIFICATE' });
  t.is((await client.getMachine({ params: { machine: mac(1) } })).decommissionedAt, undefined);
});
