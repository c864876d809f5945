import test, { type ExecutionContext } from 'ava';
import { journalLimits, openBootJournal } from '../../../src/boot/journal/journal.ts';
import type { Note } from '../../../src/boot/journal/step.ts';
import { silentLog } from '../../../src/core/log.ts';
import { readableLog } from '../room/readable-log.ts';
import { bootOf, memoryBoots, pcMac, start } from './samples.ts';

const address = '10.0.0.50';
const mac = pcMac(1);
const discover = (pc = 1): Note => ({ kind: 'discover', stage: 'firmware', mac: pcMac(pc) });

/** A journal whose clock stands until it is moved; it writes when it is asked to. */
const opened = async (
  t: ExecutionContext,
  {
    store = memoryBoots(),
    live = {},
    log = silentLog,
    writer = {},
  }: {
    store?: ReturnType<typeof memoryBoots>;
    live?: Partial<typeof journalLimits.live>;
    writer?: Partial<typeof journalLimits.writer>;
    log?: typeof silentLog;
  } = {},
) => {
  let now = start;
  const limits = {
    ...journalLimits,
    live: { ...journalLimits.live, ...live },
    writer: { ...journalLimits.writer, pauseMs: 3_600_000, ...writer },
  };
  const journal = await openBootJournal({ store, clock: () => now, log, limits });
  t.teardown(() => journal.close());
  return { journal, store, pass: (seconds: number) => (now += seconds * 1000) };
};
const kinds = (boot: { steps: { kind: string }[] } | undefined) => boot?.steps.map(({ kind }) => kind);

test('TFTP and HTTP know addresses only: they are found by the lease', async (t) => {
  const { journal } = await opened(t);
  journal.note(discover());
  journal.note({ kind: 'offer', mac, address });
  journal.note({ kind: 'tftp-request', address, file: 'an offer is no lease' });
  journal.note({ kind: 'ack', mac, address });
  journal.note({ kind: 'tftp-sent', address, file: 'loaders/shimx64.efi' });
  journal.note({ kind: 'plan', mac, bootId: 'b', plan: 'agent' });
  journal.note({ kind: 'check-in', bootId: 'b' });
  const boot = await journal.latest([mac]);
  t.deepEqual(kinds(boot), ['discover', 'offer', 'tftp-request', 'ack', 'tftp-sent', 'plan', 'check-in']);
  t.deepEqual(
    boot?.steps.map(({ n }) => n),
    [1, 2, 3, 4, 5, 6, 7],
  );
});

test('steps of an unknown address wait until a script or a GRUB configuration names the MAC', async (t) => {
  const { journal, pass } = await opened(t);
  journal.note({ kind: 'tftp-request', address, file: 'somebody who had the address before' });
  pass(61);
  journal.note({ kind: 'tftp-request', address, file: 'loaders/undionly.kpxe' });
  t.is(await journal.latest([mac]), undefined);
  journal.note({ kind: 'script', mac, address });
  t.deepEqual(kinds(await journal.latest([mac])), ['tftp-request', 'script']);
});

test('in our own networks the ARP table tells the MAC', async (t) => {
  const store = memoryBoots();
  const macAt = (asked: string) => (asked === address ? mac : undefined);
  const journal = await openBootJournal({ store, clock: () => start, log: silentLog, macAt });
  t.teardown(() => journal.close());
  journal.note({ kind: 'tftp-request', address, file: 'loaders/shimx64.efi' });
  journal.note({ kind: 'tftp-request', address: '10.9.9.9', file: 'of a stranger' });
  t.deepEqual(kinds(await journal.latest([mac])), ['tftp-request']);
  // What a lease says counts more: the table may be old.
  journal.note({ kind: 'ack', mac: pcMac(2), address });
  journal.note({ kind: 'tftp-request', address, file: 'loaders/shimx64.efi' });
  t.is(kinds(await journal.latest([mac]))?.length, 1);
});

test('an address goes over to the PC that has it now', async (t) => {
  const { journal } = await opened(t);
  for (const pc of [1, 2]) {
    journal.note(discover(pc));
    journal.note({ kind: 'ack', mac: pcMac(pc), address });
    journal.note({ kind: 'tftp-request', address, file: `of ${pc}` });
  }
  t.deepEqual(
    (await journal.latest([mac]))?.steps.map(({ file }) => file),
    [undefined, undefined, 'of 1'],
  );
});

test('boots are told apart, listed and found again after a restart', async (t) => {
  const { journal, store, pass } = await opened(t);
  journal.note(discover());
  pass(3600);
  journal.note(discover());
  journal.note(discover(2));
  const all = await journal.list({ limit: 10 });
  t.deepEqual(all.map((boot) => boot.mac).sort(), [mac, mac, pcMac(2)]);
  const latest = await journal.latest([mac]);
  t.is(latest?.startedAt, start + 3_600_000);
  t.deepEqual(await journal.get(latest?.id ?? ''), latest);
  t.is((await journal.list({ macs: [mac], limit: 1 }))[0]?.id, latest?.id);

  const restarted = await openBootJournal({ store, clock: () => start + 3_610_000, log: silentLog });
  t.teardown(() => restarted.close());
  restarted.note({ kind: 'request', stage: 'firmware', mac });
  t.deepEqual(kinds(await restarted.latest([mac])), ['discover', 'request']);
  t.is((await restarted.latest([mac]))?.id, latest?.id);
});

test('a running system begins no boot, but is remembered as heard', async (t) => {
  const { journal } = await opened(t);
  journal.note({ kind: 'request', stage: 'system', mac, address });
  t.is(await journal.latest([mac]), undefined);
  t.deepEqual(journal.heard([pcMac(9), mac]), { kind: 'request', address, at: start });
});

test('the DHCP client of our own agent is called so', async (t) => {
  const { journal } = await opened(t);
  journal.note({ kind: 'plan', mac, plan: 'agent', bootId: 'b' });
  journal.note({ kind: 'discover', stage: 'system', mac });
  t.is((await journal.latest([mac]))?.steps[1]?.stage, 'agent');
});

test('a loop without end stays small, and shows its beginning and its end', async (t) => {
  const { journal } = await opened(t, { live: { first: 5, last: 3 } });
  for (let n = 1; n <= 10_000; n++) journal.note({ ...discover(), file: 'x'.repeat(5000) });
  const boot = await journal.latest([mac]);
  t.deepEqual(
    boot?.steps.map(({ n }) => n),
    [1, 2, 3, 4, 5, 9998, 9999, 10_000],
  );
  t.is(boot?.omitted, 9992);
  t.is(boot?.steps[0]?.file?.length, 200);
});

test('forged MACs neither fill memory and store nor push out a PC at work', async (t) => {
  const { journal, store, pass } = await opened(t, {
    live: { boots: 100, newAtOnce: 50, newPerSecond: 10 },
    writer: { waiting: 60 },
  });
  journal.note(discover());
  journal.note({ kind: 'ack', mac, address });
  for (let pc = 1000; pc < 21_000; pc++) {
    journal.note(discover(pc));
    pass(0.001);
    if (pc % 1000 === 0) journal.note({ kind: 'tftp-request', address, file: 'grub/grub.cfg' });
  }
  t.is((await journal.latest([mac]))?.steps.length, 22);
  await journal.list({ limit: 1 });
  t.true(store.boots.size <= 50 + 20 * 10 + 1, String(store.boots.size));
});

test('memory is bounded by steps too', async (t) => {
  const { journal } = await opened(t, { live: { steps: 20 } });
  for (let pc = 1; pc <= 10; pc++) for (let n = 0; n < 5; n++) journal.note(discover(pc));
  await journal.list({ limit: 1 });
  t.is((await journal.latest([pcMac(10)]))?.steps.length, 5);
  // It has left memory, and is read from the store.
  journal.note({ kind: 'request', stage: 'system', mac: pcMac(1) });
  t.is((await journal.latest([pcMac(1)]))?.steps.length, 5);
});

test('many boots are written in small batches', async (t) => {
  const { journal, store } = await opened(t, { writer: { batch: 40 } });
  for (let pc = 1; pc <= 100; pc++) for (let n = 0; n < 3; n++) journal.note(discover(pc));
  await journal.close();
  t.deepEqual(store.saves, [40, 40, 20]);
});

test('a store that fails is told once, disturbs nobody, and gets everything later', async (t) => {
  const store = memoryBoots();
  const { save } = store;
  store.save = async () => {
    throw new Error('disk full');
  };
  const { log, lines } = readableLog();
  const { journal } = await opened(t, { store, log });
  for (let pc = 1; pc <= 3; pc++) {
    t.notThrows(() => journal.note(discover(pc)));
    await t.notThrowsAsync(journal.list({ limit: 1 }));
  }
  t.is(lines.filter(({ message }) => /journal cannot be written/.test(message)).length, 1);
  t.deepEqual(kinds(await journal.latest([mac])), ['discover']);
  store.save = save;
  await journal.close();
  t.is(store.boots.size, 3);
});

test('it writes by itself, soon', async (t) => {
  const store = memoryBoots();
  const written = new Promise((resolve) => {
    const { save } = store;
    store.save = (boots) => save(boots).then(resolve);
  });
  const { journal } = await opened(t, { store, writer: { pauseMs: 1 } });
  journal.note(discover());
  await written;
  t.is(store.boots.size, 1);
});

test('who waits for a PC is woken by its next step, and not by that of another', async (t) => {
  const { journal } = await opened(t);
  const { signal } = new AbortController();
  let isWoken = false;
  const woken = journal.next([pcMac(3), mac], 60_000, signal).then(() => (isWoken = true));
  journal.note(discover(2));
  await new Promise(setImmediate);
  t.false(isWoken);
  journal.note(discover());
  await woken;
  t.true(isWoken);
});

test('prune asks for the limits', async (t) => {
  const store = memoryBoots();
  const asked: unknown[] = [];
  store.prune = async (limits) => void asked.push(limits);
  const { journal } = await opened(t, { store });
  await journal.prune();
  t.deepEqual(asked, [{ ...journalLimits.stored, before: start - journalLimits.keptMs }]);
  t.is(await journal.latest([bootOf(mac, start).mac]), undefined);
});

test('eight thousand leases a second cost the journal a fraction of the time', async (t) => {
  const { journal } = await opened(t);
  const leases = 20_000;
  const began = process.threadCpuUsage();
  for (let pc = 0; pc < leases; pc++) {
    const who = { mac: pcMac(1000 + pc), stage: 'system' } as const;
    journal.note({ kind: 'discover', ...who });
    journal.note({ kind: 'offer', ...who, address });
    journal.note({ kind: 'request', ...who });
    journal.note({ kind: 'ack', ...who, address: `10.1.${pc >> 8}.${pc & 255}` });
  }
  const { user, system } = process.threadCpuUsage(began);
  const microseconds = (user + system) / leases;
  t.log(`${microseconds.toFixed(1)} µs of processor time a lease`);
  t.true(microseconds < 40);
});
