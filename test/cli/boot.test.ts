import test, { type ExecutionContext } from 'ava';
import { parseMac } from '../../src/core/mac.ts';
import { type Appliance, startAppliance } from '../api/appliance.ts';
import { mac } from '../fleet/samples.ts';
import { greif, startGreif } from './greif.ts';

const start = Date.UTC(2026, 2, 1, 8);
const address = '10.0.0.50';
const file = 'loaders/shimx64.efi';

const started = async (t: ExecutionContext) => {
  let now = start;
  const appliance = await startAppliance({ clock: () => now });
  t.teardown(appliance.close);
  return { ...appliance, pass: (seconds: number) => (now += seconds * 1000) };
};

/** A PC that fetched its loader after a second and a half. */
const boots = ({ journal, pass }: Appliance & { pass(seconds: number): number }): void => {
  const who = { mac: parseMac(mac(1)), stage: 'firmware', arch: 'uefi-x64' } as const;
  journal.note({ kind: 'discover', ...who });
  journal.note({ kind: 'ack', mac: who.mac, address, file });
  pass(1.5);
  journal.note({ kind: 'tftp-sent', address, file, sizeBytes: 900 * 1024, ms: 800 });
};

test('boots are listed and traced, with the diagnosis and what to do', async (t) => {
  const appliance = await started(t);
  t.regex((await greif(appliance, 'boot', 'list')).out, /^No boots/);
  boots(appliance);
  appliance.pass(60);
  const list = await greif(appliance, 'boot', 'list', '--limit', '5');
  t.regex(
    list.out,
    /^BEGAN .*\n\S+ \S+ +52:54:00:00:00:01 +uefi-x64 +10\.0\.0\.50 +loader-refused +\w{16}\n$/,
  );
  const trace = await greif(appliance, 'boot', 'trace', '5254.0000.0001');
  t.is(trace.status, 1);
  t.regex(trace.out, /^PC: +52:54:00:00:00:01 {2}\(no machine yet\)$/m);
  t.regex(trace.out, /^ +\+0\.0 s {2}firmware {2}DHCP DISCOVER +uefi-x64$/m);
  t.regex(trace.out, /^ +\+1\.5 s +TFTP sent +10\.0\.0\.50, loaders\/shimx64\.efi, 900 KiB in 0\.8 s$/m);
  t.regex(trace.out, /^diagnosis: +.*\(loader-refused\)\nseen: .*\nwhat to do: .*Secure Boot/m);
  const json = JSON.parse((await greif(appliance, 'boot', 'trace', mac(1), '--json')).out);
  t.like(json, { boot: { stepCount: 3, steps: { length: 3 } }, diagnosis: { verdict: 'trouble' } });
  const older = await greif(appliance, 'boot', 'trace', mac(1), '--boot', json.boot.id);
  t.is(older.out, trace.out);
});

test('a PC that nobody heard, and wrong calls', async (t) => {
  const appliance = await started(t);
  t.regex((await greif(appliance, 'boot', 'trace', mac(9))).out, /\(never-heard\)\n.*\nwhat to do: .*relay/);
  t.regex((await greif(appliance, 'boot', 'trace', 'nobody')).err, /no machine "nobody"/);
  t.is((await greif(appliance, 'boot', 'trace', mac(9), '--boot', 'x')).status, 1);
  t.is((await greif(appliance, 'boot', 'trace', mac(9), '--boot', 'x', '--watch')).status, 2);
  t.is((await greif(appliance, 'boot', 'list', '--limit', 'many')).status, 2);
});

test('--watch tells each step as it comes, until Ctrl-C', async (t) => {
  const appliance = await started(t);
  const { child, ended } = startGreif(['boot', 'trace', mac(1), '--watch', '--url', appliance.admin]);
  const said = (text: RegExp) =>
    new Promise<void>((resolve) => {
      let out = '';
      child.stdout.on('data', (more: string) => {
        out += more;
        if (text.test(out)) resolve();
      });
    });
  await said(/never-heard/);
  const fetched = said(/DISCOVER[\s\S]*TFTP sent/);
  boots(appliance);
  await fetched;
  const sent = said(/\(fine\)/);
  appliance.journal.note({ kind: 'plan', mac: parseMac(mac(1)), plan: 'local-disk', bootId: 'b' });
  await sent;
  child.kill('SIGINT');
  const { status, out } = await ended;
  t.is(status, 130);
  t.is(out.match(/TFTP sent/g)?.length, 1, 'each step once');
});

test('names from the wire cannot move the cursor', async (t) => {
  const appliance = await started(t);
  boots(appliance);
  appliance.journal.note({ kind: 'tftp-not-found', address, file: 'x\u001b[2Jy\nz' });
  const { out } = await greif(appliance, 'boot', 'trace', mac(1));
  t.regex(out, /x \[2Jy z/);
  t.false(out.includes('\u001b'));
});
