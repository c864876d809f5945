import test, { type ExecutionContext } from 'ava';
import { parseMac } from '../../src/core/mac.ts';
import { mac } from '../fleet/samples.ts';
import { startAgent } from './agent-stub.ts';
import { type Appliance, startAppliance } from './appliance.ts';

const start = Date.UTC(2026, 2, 1, 8);
const address = '10.0.0.50';
const file = 'loaders/shimx64.efi';

/** An appliance whose clock stands until it is moved. */
const started = async (t: ExecutionContext) => {
  let now = start;
  const appliance = await startAppliance({ clock: () => now });
  t.teardown(appliance.close);
  return { ...appliance, pass: (seconds: number) => (now += seconds * 1000) };
};

const boots = ({ journal }: Appliance, pc: number): void => {
  const who = { mac: parseMac(mac(pc)), stage: 'firmware', arch: 'uefi-x64' } as const;
  journal.note({ kind: 'discover', ...who });
  journal.note({ kind: 'ack', mac: who.mac, address, file });
};

test('a PC that is no machine yet: its boot by MAC, step by step, with the diagnosis', async (t) => {
  const { client, ...appliance } = await started(t);
  boots({ client, ...appliance }, 1);
  appliance.pass(2);
  appliance.journal.note({ kind: 'tftp-sent', address, file, sizeBytes: 900, ms: 12 });
  const { boot, diagnosis } = await client.traceBoot({
    params: { pc: '52-54-00-00-00-01', boot: 'latest' },
    query: {},
  });
  t.like(boot, { mac: mac(1), machine: undefined, arch: 'uefi-x64', address, stepCount: 3, omitted: 0 });
  t.deepEqual(boot?.steps[2], {
    n: 3,
    at: '2026-03-01T08:00:02.000Z',
    afterMs: 2000,
    kind: 'tftp-sent',
    address,
    file,
    sizeBytes: 900,
    ms: 12,
  });
  t.like(diagnosis, { code: 'under-way', verdict: 'under-way' });
  appliance.pass(60);
  const [listed] = await client.listBoots({ query: { pc: mac(1) } });
  t.like(listed, { id: boot?.id ?? '', diagnosis: { code: 'loader-refused', verdict: 'trouble' } });
});

test('a machine is asked for by its name, and finds its boots by all its MACs', async (t) => {
  const appliance = await started(t);
  await startAgent(appliance, mac(1));
  boots(appliance, 1);
  boots(appliance, 2);
  const { client } = appliance;
  t.like(await client.listBoots({ query: { pc: 'pc-000001' } }), [{ mac: mac(1), machine: 'pc-000001' }]);
  t.is((await client.listBoots({ query: {} })).length, 2);
  t.is((await client.listBoots({ query: { limit: 1 } })).length, 1);
  const byName = await client.traceBoot({ params: { pc: 'pc-000001', boot: 'latest' }, query: {} });
  t.is(byName.boot?.machine, 'pc-000001');
});

test('an older boot is asked for by its id', async (t) => {
  const appliance = await started(t);
  boots(appliance, 1);
  appliance.pass(3600);
  boots(appliance, 1);
  const { client } = appliance;
  const [, older] = await client.listBoots({ query: { pc: mac(1) } });
  const trace = await client.traceBoot({ params: { pc: mac(1), boot: older?.id ?? '' }, query: {} });
  t.is(trace.boot?.startedAt, '2026-03-01T08:00:00.000Z');
  t.is(trace.diagnosis.code, 'tftp-blocked');
  for (const pc of [mac(2), mac(1)])
    await t.throwsAsync(
      client.traceBoot({ params: { pc, boot: pc === mac(1) ? 'none' : (older?.id ?? '') }, query: {} }),
      {
        code: 'BOOT_NOT_FOUND',
      },
    );
});

test('of a PC that was never heard it says so, and what that can mean', async (t) => {
  const { client, journal } = await started(t);
  const params = { pc: mac(9), boot: 'latest' };
  const silent = await client.traceBoot({ params, query: {} });
  t.is(silent.boot, undefined);
  t.is(silent.diagnosis.code, 'never-heard');
  t.regex(silent.diagnosis.seen, /since 2026-03-01T08:00/);
  journal.note({ kind: 'request', stage: 'system', mac: parseMac(mac(9)), address });
  t.is((await client.traceBoot({ params, query: {} })).diagnosis.code, 'only-renewals');
  await t.throwsAsync(client.traceBoot({ params: { pc: 'nobody', boot: 'latest' }, query: {} }), {
    code: 'MACHINE_NOT_FOUND',
  });
  await t.throwsAsync(client.listBoots({ query: { limit: 501 } }), { code: 'BAD_REQUEST' });
});

test('a watcher gets the next step when it comes, and only what it has not seen', async (t) => {
  const appliance = await started(t);
  const { client, journal } = appliance;
  boots(appliance, 1);
  const params = { pc: mac(1), boot: 'latest' };
  const seen = await client.traceBoot({ params, query: {} });
  const waiting = client.traceBoot({ params, query: { after: 2, of: seen.boot?.id, waitSeconds: 60 } });
  appliance.pass(1);
  journal.note({ kind: 'tftp-request', address, file });
  t.deepEqual(
    (await waiting).boot?.steps.map(({ n, kind }) => [n, kind]),
    [[3, 'tftp-request']],
  );
  appliance.pass(3600);
  const next = client.traceBoot({ params, query: { after: 3, of: seen.boot?.id, waitSeconds: 60 } });
  boots(appliance, 1);
  const { boot } = await next;
  t.not(boot?.id, seen.boot?.id);
  t.is(boot?.steps[0]?.n, 1);
  const nothing = await client.traceBoot({ params, query: { after: 9, of: boot?.id, waitSeconds: 0 } });
  t.deepEqual(nothing.boot?.steps, []);
});
