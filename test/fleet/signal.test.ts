import test from 'ava';
import { createQueue } from '../../src/fleet/queue.ts';
import { createSignal } from '../../src/fleet/signal.ts';

const longMs = 60_000;

test('whoever waits for a key is woken by it, and by no other', async (t) => {
  const signal = createSignal();
  const woken: string[] = [];
  const waits = ['a', 'a', 'b'].map((key) => signal.next(key, longMs).then(() => woken.push(key)));
  signal.notify('a');
  await Promise.all(waits.slice(0, 2));
  t.deepEqual(woken, ['a', 'a']);
  signal.notify('b');
  await waits[2];
  t.is(woken.length, 3);
});

test('a wait ends with its time and with its caller', async (t) => {
  const signal = createSignal();
  await signal.next('a', 0);
  const caller = new AbortController();
  const wait = signal.next('a', longMs, caller.signal);
  caller.abort();
  await wait;
  await signal.next('a', longMs, caller.signal);
  t.pass();
});

test('a queue does one job after the other and survives one that fails', async (t) => {
  const queue = createQueue();
  const steps: string[] = [];
  const job = (name: string) => async () => {
    steps.push(`${name} begins`);
    await null;
    steps.push(`${name} ends`);
    if (name === 'a') throw new Error('broken');
    return name;
  };
  const first = queue(job('a'));
  const second = queue(job('b'));
  await t.throwsAsync(first, { message: 'broken' });
  t.is(await second, 'b');
  t.deepEqual(steps, ['a begins', 'a ends', 'b begins', 'b ends']);
});
