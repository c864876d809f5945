import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import test from 'ava';
import { silentLog } from '../../src/core/log.ts';
import { type OrderState, orderStates, successorsOf } from '../../src/fleet/order-states.ts';
import { openStore } from '../../src/store/open.ts';

/** Lets a process write until it has told so many changes, kills it at that moment, and returns what it told. */
const writeAndKill = async (folder: string, changes: number): Promise<[number, OrderState][]> => {
  const script = join(import.meta.dirname, 'writer.ts');
  const child = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const told: [number, OrderState][] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const [id, state] = line.split(' ');
    told.push([Number(id), state as OrderState]);
    if (told.length === changes) child.kill('SIGKILL');
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return told;
};

test('an appliance killed in the middle of writing loses nothing and leaves nothing half', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'greif-durability-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const told = new Map<number, OrderState>();
  for (const changes of [7, 22, 40])
    for (const [id, state] of await writeAndKill(folder, changes)) told.set(id, state);

  const store = await openStore({ database: 'sqlite', folder, log: silentLog });
  t.teardown(() => store.close());
  t.true(told.size >= 10);
  for (const [id, state] of told) {
    const kept = await store.orders.get(id);
    t.true(kept && orderStates.indexOf(kept.state) >= orderStates.indexOf(state), `order ${id}`);
  }
  for (const order of await store.orders.list()) {
    const events = await store.orders.events(order.id);
    t.is(events.at(-1)?.to, order.state);
    t.is(events[0]?.to, 'filed');
    events.slice(1).forEach(({ from, to }, index) => {
      t.is(from, events[index]?.to);
      t.true(from && to && successorsOf(order.kind, from).includes(to));
    });
  }
});
