import test, { type ExecutionContext } from 'ava';
import { disk, evidence, inventory, mac } from '../fleet/samples.ts';
import { proofFor, send, startAgent } from './agent-stub.ts';
import { startAppliance } from './appliance.ts';

const started = async (t: ExecutionContext) => {
  const appliance = await startAppliance();
  t.teardown(appliance.close);
  return appliance;
};

/** A PC with an order that its agent holds. */
const withOrder = async (t: ExecutionContext, pc = mac(1)) => {
  const appliance = await started(t);
  const agent = await startAgent(appliance, pc);
  const { id } = await appliance.client.fileOrder({ body: { machine: pc, image: 'debian@1' } });
  const { body: claimed } = await agent.claim();
  const read = () => appliance.client.getOrder({ params: { id } });
  const events = () => appliance.client.orderEvents({ params: { id } });
  return { appliance, agent, id, claimed, read, events };
};

test('a boot token that is wrong, used, or of another PC opens nothing', async (t) => {
  const appliance = await started(t);
  const agent = await startAgent(appliance, mac(1));
  const wrong = await agent.checkIn({ token: 'made-up' });
  t.like(wrong, { status: 401, body: { error: { code: 'TOKEN_INVALID' } } });
  const reused = await agent.checkIn({ agentBootId: 'another-start' });
  t.like(reused, { status: 409, body: { error: { code: 'TOKEN_USED' } } });
  t.regex(reused.body.error?.message ?? '', /restart the PC/);
  const { token } = await appliance.powerOn(mac(2));
  const stolen = await agent.checkIn({ token, agentBootId: 'another-start' });
  t.like(stolen, { status: 403, body: { error: { code: 'TOKEN_MISMATCH' } } });
  t.is((await appliance.client.listMachines()).length, 1);
});

test('the same start of the agent may check in again, and only its newest session counts', async (t) => {
  const { agent, id } = await withOrder(t);
  const { body } = await agent.checkIn();
  const headers = { authorization: `Bearer ${body.session}` };
  t.is((await send(`${agent.url}/claim`, { waitSeconds: 0 }, headers)).status, 200);
  t.is((await agent.progress(id, 'writing')).status, 401);
});

test('without a session nothing is told', async (t) => {
  const { agent, id } = await withOrder(t);
  const paths = ['claim', `orders/${id}/progress`, `orders/${id}/complete`, `orders/${id}/fail`];
  for (const path of paths) {
    t.like(await send(`${agent.url}/${path}`, {}), {
      status: 401,
      body: { error: { code: 'TOKEN_INVALID' } },
    });
    const headers = { authorization: 'Bearer guessed' };
    t.is((await send(`${agent.url}/${path}`, {}, headers)).status, 401);
  }
  t.is((await send(`${agent.url}/indexes/${'0'.repeat(64)}`)).status, 401);
});

test("another PC's session cannot touch the order", async (t) => {
  const { appliance, id, claimed, read } = await withOrder(t);
  const before = await read();
  const stranger = await startAgent(appliance, mac(2), inventory([mac(2)], undefined, [disk('B')]));
  const answers = [
    await stranger.progress(id, 'writing'),
    await stranger.complete(id, proofFor(claimed)),
    await stranger.fail(id, { code: 'STEP_FAILED', message: 'no', log: [] }),
  ];
  for (const answer of answers) t.like(answer, { status: 403, body: { error: { code: 'TOKEN_MISMATCH' } } });
  t.deepEqual(await read(), before);
});

test('two claims at once are one claim', async (t) => {
  const appliance = await started(t);
  const agent = await startAgent(appliance, mac(1));
  const { id } = await appliance.client.fileOrder({ body: { machine: mac(1), image: 'debian' } });
  const claims = await Promise.all([agent.claim(), agent.claim(), agent.claim()]);
  t.deepEqual(
    claims.map(({ body }) => body.order.id),
    [id, id, id],
  );
  t.is((await appliance.client.orderEvents({ params: { id } })).length, 2);
});

test('evidence that does not fit fails the order, the same answer each time', async (t) => {
  const { agent, id, claimed, read, events } = await withOrder(t);
  const [head, root] = proofFor(claimed).volumes;
  if (!head || !root) return t.fail();
  const proof = { ...proofFor(claimed), volumes: [head, { ...root, readBack: 'f'.repeat(64) }] };
  const first = await agent.complete(id, proof);
  t.like(first, { status: 422, body: { error: { code: 'EVIDENCE_MISMATCH' } } });
  t.regex(first.body.error?.message ?? '', /partition 1 reads back as ffff/);
  t.like(await read(), { state: 'failed', reason: { code: 'EVIDENCE_MISMATCH' } });
  const history = await events();
  t.deepEqual(await agent.complete(id, proof), first);
  t.like(await agent.complete(id, proofFor(claimed)), { body: { error: { code: 'ORDER_CONFLICT' } } });
  t.deepEqual(await events(), history);
});

test('a failure is told once, with the last lines of the agent', async (t) => {
  const { agent, id, read, events } = await withOrder(t);
  await agent.progress(id, 'writing');
  const failure = { code: 'DISK_WRITE_FAILED', message: 'EIO at 4096', log: ['one', 'two'] };
  t.deepEqual(await agent.fail(id, failure), { status: 200, body: { state: 'failed' } });
  t.like(await read(), { state: 'failed', reason: { code: 'DISK_WRITE_FAILED', message: 'EIO at 4096' } });
  const history = await events();
  t.regex(history.at(-1)?.cause ?? '', /last lines:\none\ntwo/);
  t.deepEqual(await agent.fail(id, failure), { status: 200, body: { state: 'failed' } });
  t.deepEqual(await events(), history);
});

test('no stage goes back, and reports that come together walk on once', async (t) => {
  const { agent, id, read, events } = await withOrder(t);
  await Promise.all([agent.progress(id, 'verifying'), agent.progress(id, 'verifying')]);
  const late = await agent.progress(id, 'writing', 99);
  t.deepEqual(late.body, { state: 'verifying' });
  t.deepEqual((await read()).progress, { doneBytes: 43, totalBytes: 100 });
  t.deepEqual(
    (await events()).map(({ to }) => to),
    ['filed', 'claimed', 'writing', 'verifying'],
  );
});

test('a cancelled order tells its agent to stop', async (t) => {
  const { appliance, agent, id, claimed } = await withOrder(t);
  await agent.progress(id, 'writing');
  const cancelled = await appliance.client.cancelOrder({ params: { id } });
  t.is(cancelled.reason?.message, 'cancelled by admin at stage writing, 43 %');
  t.deepEqual(await appliance.client.cancelOrder({ params: { id } }), cancelled);
  const report = await agent.progress(id, 'writing');
  t.like(report, {
    status: 409,
    body: { error: { code: 'ORDER_CONFLICT', details: { state: 'cancelled' } } },
  });
  t.is((await agent.complete(id, proofFor(claimed))).status, 409);
  t.is((await agent.claim()).status, 204);
});

test('a PC that was switched off half-way fails its order; a new order completes', async (t) => {
  const { appliance, agent, id, read } = await withOrder(t);
  await agent.progress(id, 'writing');
  const again = await startAgent(appliance, mac(1));
  const failed = await read();
  t.like(failed, { state: 'failed', reason: { code: 'PC_RESTARTED' } });
  t.is(failed.reason?.message, 'the PC restarted at stage writing, 43 %: file a new order');
  t.is((await agent.progress(id, 'writing')).status, 409);
  const retry = await appliance.client.fileOrder({ body: { machine: mac(1), image: 'debian' } });
  const { body: claimed } = await again.claim();
  t.is(claimed.order.id, retry.id);
  t.is((await agent.claim()).status, 403, 'the old start of the agent gets nothing');
  t.deepEqual((await again.complete(retry.id, proofFor(claimed))).body, { state: 'completed' });
});

test('an order whose image has gone fails at its claim, with the reason', async (t) => {
  const appliance = await started(t);
  const agent = await startAgent(appliance, mac(1));
  const { id } = await appliance.client.fileOrder({ body: { machine: mac(1), image: 'debian@1' } });
  await appliance.images.remove('debian@1');
  t.is((await agent.claim()).status, 204);
  const order = await appliance.client.getOrder({ params: { id } });
  t.like(order, { state: 'failed', reason: { code: 'IMAGE_NOT_FOUND' } });
});

test('two makers may end their MACs alike: both PCs get names', async (t) => {
  const appliance = await started(t);
  await startAgent(appliance, '52:54:00:00:00:01');
  const other = await startAgent(
    appliance,
    '00:1b:21:00:00:01',
    inventory(['00:1b:21:00:00:01'], undefined, []),
  );
  t.is(other.checkedIn.machine.name, 'pc-001b21000001');
});

test('bodies that are wrong, too large or no JSON are refused with the field', async (t) => {
  const { agent, id } = await withOrder(t);
  const wrong = await agent.progress(id, 'flying', -1);
  t.like(wrong, { status: 400, body: { error: { code: 'BAD_REQUEST' } } });
  t.regex(wrong.body.error?.message ?? '', /stage: .*; doneBytes: /);
  const huge = evidence({ agentVersion: 'x'.repeat(2_000_000) });
  t.like(await agent.complete(id, huge), { status: 413, body: { error: { code: 'BODY_TOO_LARGE' } } });
  const text = { 'content-type': 'text/plain' };
  t.is((await send(`${agent.url}/claim`, {}, { ...agent.headers, ...text })).status, 400);
  t.is((await send(`${agent.url}/orders/zero/progress`, {}, agent.headers)).status, 400);
  t.is((await send(`${agent.url}/nothing`, {}, agent.headers)).status, 404);
});

test('an index comes as its bytes; an unknown one is not found', async (t) => {
  const { agent, claimed } = await withOrder(t);
  const [volume] = JSON.parse(claimed.manifest).volumes;
  const answer = await fetch(`${agent.url}/indexes/${volume.index}`, { headers: agent.headers });
  t.is(answer.headers.get('content-type'), 'application/octet-stream');
  t.is(await answer.text(), 'caibx');
  t.is((await send(`${agent.url}/indexes/${'0'.repeat(64)}`, undefined, agent.headers)).status, 404);
});
