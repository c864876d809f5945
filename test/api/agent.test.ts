import test from 'ava';
import { isSignedBy } from '../../src/image/format/signature.ts';
import { readableLog } from '../boot/room/readable-log.ts';
import { mac } from '../fleet/samples.ts';
import { proofFor, startAgent } from './agent-stub.ts';
import { startAppliance } from './appliance.ts';

test('a PC registers, waits, is woken by its order and completes it', async (t) => {
  const appliance = await startAppliance();
  t.teardown(appliance.close);
  const agent = await startAgent(appliance, mac(1));
  t.is(agent.checkedIn.machine.name, 'pc-000001');
  t.is((await agent.claim()).status, 204);

  t.timeout(20_000, 'the claim was not woken');
  const waiting = agent.claim(30);
  const filed = await appliance.client.fileOrder({ body: { machine: 'pc-000001', image: 'debian' } });
  t.like(filed, { image: 'debian@2', hostName: 'pc-000001', state: 'filed' });
  const { body: claimed } = await waiting;
  t.is(claimed.order.id, filed.id);
  t.true(isSignedBy(appliance.keys.publicKey(), claimed.manifest, claimed.signature));
  t.deepEqual((await agent.claim()).body, claimed, 'a repeated claim answers with the same order');

  t.is((await agent.progress(filed.id, 'writing')).body.state, 'writing');
  t.is((await agent.progress(filed.id, 'verifying')).body.state, 'verifying');
  const first = await agent.complete(filed.id, proofFor(claimed));
  t.deepEqual(first, { status: 200, body: { state: 'completed' } });
  const events = await appliance.client.orderEvents({ params: { id: filed.id } });
  t.deepEqual(
    events.map(({ to }) => to),
    ['filed', 'claimed', 'writing', 'verifying', 'finishing', 'completed'],
  );
  t.true(events.slice(1).every(({ bootId }) => bootId === agent.bootId));

  t.deepEqual(await agent.complete(filed.id, proofFor(claimed)), first);
  t.is((await agent.progress(filed.id, 'writing')).body.state, 'completed');
  t.deepEqual(
    await appliance.client.orderEvents({ params: { id: filed.id } }),
    events,
    'replays add no event',
  );
  const done = await appliance.client.getOrder({ params: { id: filed.id } });
  t.deepEqual(done.evidence, proofFor(claimed));
});

test('the id of a boot is in every log line of its agent and its order', async (t) => {
  const { log, lines } = readableLog();
  const appliance = await startAppliance({ log });
  t.teardown(appliance.close);
  const agent = await startAgent(appliance, mac(1));
  const filed = await appliance.client.fileOrder({ body: { machine: 'pc-000001', image: 'debian' } });
  const { body: claimed } = await agent.claim();
  await agent.progress(filed.id, 'writing');
  await agent.complete(filed.id, proofFor(claimed));
  const paths = ['check-in', 'claim', `orders/${filed.id}/progress`, `orders/${filed.id}/complete`];
  const states = ['claimed', 'writing', 'completed'].map((state) => `order ${state}`);
  const wanted = [...paths.map((path) => `/agent/v1/${path}`), 'new PC registered', ...states];
  const found = lines.filter(({ message, fields }) => wanted.includes(`${fields['path'] ?? message}`));
  t.is(found.length, wanted.length);
  for (const { message, fields } of found) t.is(fields['bootId'], agent.bootId, message);
});
