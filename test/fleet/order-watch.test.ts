import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { isoTime } from '../../src/core/clock.ts';
import { silentLog } from '../../src/core/log.ts';
import { isLost, overdue, startOrderWatch } from '../../src/fleet/order-watch.ts';
import { openStore } from '../../src/store/open.ts';
import { at, image, installOrder, order } from './samples.ts';

const start = Date.parse(at);

const watched = async (t: ExecutionContext, lastLines: () => string[] = () => []) => {
  const folder = await mkdtemp(join(tmpdir(), 'greif-watch-'));
  const { orders, close } = await openStore({ database: 'sqlite', folder, log: silentLog });
  let now = start;
  const watch = startOrderWatch({
    orders,
    clock: () => now,
    lostAfterSeconds: 300,
    lastLines: async () => lastLines(),
    log: silentLog,
  });
  t.teardown(async () => {
    await watch.stop();
    await close();
    await rm(folder, { recursive: true });
  });
  const event = { at, actor: 'admin', cause: 'a test' };
  const { id } = await orders.file(
    {
      kind: 'deploy',
      machineId: 'm',
      image: image.ref,
      manifestDigest: image.digest,
      hostName: 'h',
      options: {},
      filedAt: at,
      filedBy: 'a',
    },
    event,
  );
  return {
    orders,
    id,
    event,
    async lookAfter(seconds: number) {
      now = start + seconds * 1000;
      await watch.look();
      return orders.get(id);
    },
  };
};

test('an order whose agent fell silent has failed, with its last stage and progress', async (t) => {
  const { orders, id, event, lookAfter } = await watched(t);
  t.is((await lookAfter(10_000))?.state, 'filed', 'nobody holds it: it may wait');
  await orders.transition(id, 'claimed', event, { bootId: 'b1', lastHeardAt: isoTime(start + 10_000_000) });
  await orders.transition(id, 'writing', event, { progress: { doneBytes: 43, totalBytes: 100 } });
  t.is((await lookAfter(10_300))?.state, 'writing');
  const lost = await lookAfter(10_301);
  t.like(lost, { state: 'failed', reason: { code: 'AGENT_LOST' } });
  t.regex(lost?.reason?.message ?? '', /for 300 s at stage writing, 43 %/);
  const last = (await orders.events(id)).at(-1);
  t.like(last, { actor: 'appliance', from: 'writing', to: 'failed', bootId: 'b1' });
  await lookAfter(20_000);
  t.is((await orders.events(id)).length, 4, 'once is enough');
});

test('after a start of the appliance an order gets the full time again', (t) => {
  const silent = order({ state: 'writing', lastHeardAt: at });
  t.true(isLost(silent, start + 300_001, start, 300_000));
  t.false(isLost(silent, start + 300_001, start + 200_000, 300_000));
  t.true(isLost(silent, start + 500_001, start + 200_000, 300_000));
});

test('an install is silent until its deadline, which counts from the claim', (t) => {
  const minutes = (count: number) => start + count * 60_000;
  const look = (over: object, now: number) => overdue(installOrder(over), now, start, 300);
  const claimed = { state: 'installing', claimedAt: isoTime(minutes(10)), lastHeardAt: at } as const;
  t.is(look(claimed, minutes(70)), undefined);
  t.like(look(claimed, minutes(70) + 1), { code: 'DEADLINE_PASSED' });
  t.regex(look(claimed, minutes(71))?.message ?? '', /within 60 minutes, the order was at stage installing/);
  t.is(look({ state: 'claimed' }, minutes(1000)), undefined);
  const restarted = (now: number) => overdue(installOrder(claimed), now, minutes(90), 300);
  t.is(restarted(minutes(95)), undefined, 'the appliance was off at the deadline');
  t.like(restarted(minutes(95) + 1), { code: 'DEADLINE_PASSED' });
});

test('an install that is overdue has failed, with what its installer logged last; a cancelled one has not', async (t) => {
  const { orders, event, lookAfter } = await watched(t, () => ['partman: no disk', 'giving up']);
  const { id: _id, state: _state, ...asked } = installOrder({ machineId: 'm2' });
  const { id } = await orders.file(asked, event);
  await orders.transition(id, 'claimed', event, { bootId: 'b2', claimedAt: at });
  await orders.transition(id, 'installing', event);
  await lookAfter(3600);
  t.is((await orders.get(id))?.state, 'installing', 'silent for an hour, and in time');
  await lookAfter(3601);
  t.like(await orders.get(id), { state: 'failed', reason: { code: 'DEADLINE_PASSED' } });
  const [failed, note] = (await orders.events(id)).slice(-2);
  t.like(failed, { actor: 'appliance', from: 'installing', to: 'failed', bootId: 'b2' });
  t.is(note?.cause, "the installer's last lines:\npartman: no disk\ngiving up");
});
