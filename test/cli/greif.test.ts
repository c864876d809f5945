import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { proofFor, startAgent } from '../api/agent-stub.ts';
import { type ApplianceOptions, manifest, startAppliance } from '../api/appliance.ts';
import { scopeWith } from '../boot/samples.ts';
import { mac } from '../fleet/samples.ts';
import { newSampleKey } from '../image/sample-key.ts';
import { greif, launcher, startGreif } from './greif.ts';

const started = async (t: ExecutionContext, options?: ApplianceOptions) => {
  const appliance = await startAppliance(options);
  t.teardown(appliance.close);
  return appliance;
};

test('machines: list, show, rename, choose a disk, remove', async (t) => {
  const appliance = await started(t);
  t.regex((await greif(appliance, 'machine', 'list')).out, /^No machines yet: a PC registers/);
  await startAgent(appliance, mac(1));
  const list = await greif(appliance, 'machine', 'list');
  t.regex(list.out, /^NAME +MAC +ROOM +MODEL .*\npc-000001 +52:54:00:00:00:01 /);
  const shown = await greif(appliance, 'machine', 'show', mac(1));
  t.regex(shown.out, /^disk: +serial:A {2}64 GiB$/m);
  const renamed = await greif(appliance, 'machine', 'rename', 'pc-000001', 'desk-7');
  t.deepEqual(renamed, { status: 0, out: 'pc-000001 is called desk-7 now\n', err: '' });
  const chosen = await greif(appliance, 'machine', 'set', 'desk-7', '--disk', 'system=A');
  t.is(chosen.status, 0, chosen.err);
  const json = JSON.parse((await greif(appliance, 'machine', 'list', '--json')).out);
  t.like(json, [{ name: 'desk-7', disks: { system: 'serial:A' } }]);
  t.is((await greif(appliance, 'machine', 'remove', 'desk-7')).out, 'desk-7 is forgotten\n');
});

test('rooms: machines are put into them, and what is set for them counts', async (t) => {
  const appliance = await started(t);
  t.regex((await greif(appliance, 'room', 'list')).out, /^No rooms yet/);
  await startAgent(appliance, mac(1));
  const set = await greif(appliance, 'machine', 'set', 'pc-000001', '--room', 'R101', '--loader', 'ipxe');
  t.regex(set.out, /^room: +R101\nloader: +ipxe$/m);
  t.regex(
    (await greif(appliance, ...'room set R101 --loader shim --menu on --disk system=only'.split(' '))).out,
    /^ROOM +MACHINES +LOADER +MENU +UNATTEND +SCRIPTS +DISKS\nR101 +1 +shim +on +system=only$/m,
  );
  const back = await greif(appliance, 'machine', 'set', 'pc-000001', '--loader', 'default', '--json');
  t.false('loader' in JSON.parse(back.out));
  t.is(JSON.parse(back.out).room, 'R101');
  await greif(
    appliance,
    'room',
    'set',
    'R101',
    '--loader',
    'default',
    '--disk',
    'system=',
    '--menu',
    'default',
  );
  t.deepEqual(JSON.parse((await greif(appliance, 'room', 'list', '--json')).out), [
    { name: 'R101', machines: 1 },
  ]);
  await greif(appliance, 'machine', 'set', 'pc-000001', '--room', '');
  t.deepEqual(JSON.parse((await greif(appliance, 'room', 'list', '--json')).out), []);
  t.is((await greif(appliance, 'machine', 'set', 'pc-000001', '--loader', 'grub')).status, 2);
});

test('leases: listed by scope, removed, their scopes measured', async (t) => {
  const appliance = await started(t);
  t.regex((await greif(appliance, 'lease', 'list')).out, /^No leases/);
  const book = appliance.ledger.book(scopeWith());
  const lease = { mac: mac(1), clientKey: 'ff01', state: 'leased' as const, expiresAt: Date.now() + 60_000 };
  await book.keep({ ...lease, address: '10.0.0.102', hostName: 'pc-2' });
  await book.keep({ ...lease, address: '10.0.0.9', clientKey: 'ff02', expiresAt: Date.now() - 1 });
  const { out } = await greif(appliance, 'lease', 'list', '--scope', '10.0.0.0/24');
  const rows = out
    .trim()
    .split('\n')
    .map((line) => line.split(/ {2,}/));
  t.deepEqual(
    rows.map((row) => [row[0], row.at(-1)]),
    [
      ['ADDRESS', 'SCOPE'],
      ['10.0.0.9', '10.0.0.0/24'],
      ['10.0.0.102', '10.0.0.0/24'],
    ],
  );
  t.regex(out, /10\.0\.0\.9 .* expired /);
  t.regex(out, /10\.0\.0\.102 .* pc-2 +leased /);
  const metrics = await (await fetch(`${appliance.admin}/metrics`)).text();
  t.regex(metrics, /^greif_dhcp_addresses{scope="10\.0\.0\.0\/24"} 4$/m);
  t.regex(metrics, /^greif_dhcp_free_addresses{scope="10\.0\.0\.0\/24"} 3$/m);
  t.is((await greif(appliance, 'lease', 'remove', '10.0.0.102')).status, 0);
  t.is(await appliance.store.leases.all().then((all) => all.length), 1);
  const unknown = await greif(appliance, 'lease', 'remove', '10.0.0.102');
  t.is(unknown.status, 1);
  t.regex(unknown.err, /LEASE_NOT_FOUND/);
  t.is((await greif(appliance, 'lease', 'list', '--scope', '10.9.0.0/24')).status, 1);
});

test('an order: created, watched to its end, shown with its evidence', async (t) => {
  const appliance = await started(t);
  const agent = await startAgent(appliance, mac(1));
  const create = ['order', 'create', 'pc-000001', 'debian', '--host-name', 'desk-7', '--watch'];
  const { ended } = startGreif([...create, '--url', appliance.admin]);
  const { body: claimed } = await agent.claim(30);
  await agent.progress(claimed.order.id, 'writing');
  await agent.complete(claimed.order.id, proofFor(claimed));
  const watched = await ended;
  t.is(watched.status, 0);
  t.regex(watched.out, /^order 1: debian@2 as desk-7; start the PC/);
  const states = watched.out
    .split('\n')
    .slice(1, -1)
    .map((line) => line.split('  ')[1]?.trim());
  t.deepEqual(states, ['filed', 'claimed', 'writing', 'verifying', 'finishing', 'completed']);
  const shown = await greif(appliance, 'order', 'show', '1');
  t.regex(shown.out, /^state: +completed$/m);
  t.regex(shown.out, /^disk written: +serial:A {2}64 GiB$/m);
  t.regex(
    (await greif(appliance, 'order', 'list')).out,
    /^1 +pc-000001 +deploy +debian@2 +desk-7 +completed/m,
  );
  t.like(JSON.parse((await greif(appliance, 'order', 'show', '1', '--json')).out), {
    state: 'completed',
    events: { length: 6 },
  });
});

test('an order that failed gives status 1 and its reason; a cancelled one too', async (t) => {
  const appliance = await started(t);
  const agent = await startAgent(appliance, mac(1));
  t.is((await greif(appliance, 'order', 'create', mac(1), 'debian')).status, 0);
  await agent.claim();
  await agent.fail(1, { code: 'DISK_TOO_SMALL', message: 'the disk has 1 GiB', log: [] });
  const watched = await greif(appliance, 'order', 'watch', '1');
  t.is(watched.status, 1);
  t.regex(watched.out, /failed +DISK_TOO_SMALL: the disk has 1 GiB/);
  t.regex((await greif(appliance, 'order', 'show', '1')).out, /^reason: +the disk has 1 GiB/m);
  await greif(appliance, 'order', 'create', mac(1), 'debian');
  t.is((await greif(appliance, 'order', 'cancel', '2')).out, 'order 2 is cancelled\n');
  t.is((await greif(appliance, 'order', 'watch', '2', '--json')).status, 1);
});

test('an image: imported with progress, listed, shown, checked, removed', async (t) => {
  const read = Promise.withResolvers<void>();
  const appliance = await started(t, {
    async runImport({ onProgress }) {
      onProgress({ doneBytes: 2 ** 30, totalBytes: 2 ** 31, newChunks: 5, reusedChunks: 6 });
      await read.promise;
      return manifest(2);
    },
  });
  const importing = ['image', 'import', 'debian', './disk.raw', '--url', appliance.admin];
  const { spoke, ended } = startGreif(importing);
  await spoke;
  read.resolve();
  const imported = await ended;
  t.is(imported.out, 'debian@2: 5 chunks new, 6 were there already\n');
  t.is(imported.err, 'import debian 50 %  1.0 GiB of 2.0 GiB\n');
  const [job] = await appliance.client.listJobs();
  t.is(job?.path, join(process.cwd(), 'disk.raw'));
  t.regex((await greif(appliance, 'image', 'list')).out, /^debian@1 +2\.0 GiB/m);
  t.regex((await greif(appliance, 'image', 'show', 'debian@1')).out, /^partition 1 +1\.0 GiB/m);
  const checked = await greif(appliance, 'image', 'verify', 'debian');
  t.is(checked.status, 1);
  t.regex(checked.out, /1 of 2 chunks are bad\nCHUNK +VOLUME +REASON\nc +head +corrupt/);
  t.is((await greif(appliance, 'image', 'remove', 'debian@1')).out, 'debian@1 is removed\n');
});

test('channels: set, listed, removed', async (t) => {
  const appliance = await started(t);
  const channel = (...args: string[]) => greif(appliance, 'image', 'channel', ...args);
  t.regex((await channel('list')).out, /No channels yet/);
  t.is((await channel('set', 'debian', 'stable', '1')).out, 'debian@stable is debian@1 now\n');
  t.regex((await greif(appliance, 'image', 'show', 'debian')).out, /^image: +debian@1$/m);
  t.regex((await channel('list')).out, /^debian +stable +1 +\d/m);
  t.is((await channel('remove', 'debian', 'stable')).out, 'debian has no channel stable any more\n');
  t.regex((await channel('list', 'debian')).out, /^debian +stable +removed .*\n.* stable +1 /m);
});

test('keys: shown, trusted, rotated, distrusted', async (t) => {
  const appliance = await started(t);
  const present = appliance.keys.publicKey();
  t.is((await greif(appliance, 'key', 'show')).out, `${present}\n`);
  const other = newSampleKey().publicKey;
  const trust = await greif(appliance, 'key', 'trust', other, '--comment', 'campus west');
  t.is(trust.out, 'what campus west signed may be used now\n');
  const refused = await greif(appliance, 'key', 'trust', 'short', '--comment', 'x');
  t.is(refused.status, 2);
  t.regex(refused.err, /an Ed25519 public key is 43 letters/);
  t.regex((await greif(appliance, 'key', 'rotate')).out, /2 manifests are signed again/);
  t.not(appliance.keys.publicKey(), present);
  const { out } = await greif(appliance, 'key', 'list');
  t.regex(out, new RegExp(`^${appliance.keys.publicKey()} +this appliance `, 'm'));
  t.regex(out, new RegExp(`^${present} +this appliance, formerly`, 'm'));
  t.regex(out, new RegExp(`^${other} +campus west`, 'm'));
  t.regex((await greif(appliance, 'key', 'distrust', present)).out, /is no longer trusted/);
  const again = await greif(appliance, 'key', 'distrust', present);
  t.is(again.status, 1);
  t.regex(again.err, /KEY_NOT_FOUND/);
});

test('Ctrl-C stops an import on the appliance too and says how to go on', async (t) => {
  const appliance = await started(t, {
    runImport: ({ onProgress, signal }) => {
      onProgress({ doneBytes: 1, totalBytes: 2, newChunks: 0, reusedChunks: 0 });
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    },
  });
  const importing = ['image', 'import', 'debian', '/x.raw', '--url', appliance.admin];
  const { child, spoke, ended } = startGreif(importing);
  await spoke;
  child.kill('SIGINT');
  const { status, out } = await ended;
  t.is(status, 130);
  t.is(out, 'stopped: the same command goes on where it was\n');
  t.is((await appliance.client.listJobs())[0]?.state, 'cancelled');
});

test('every mistake gives one sentence with the remedy, and its status', async (t) => {
  const appliance = await started(t);
  const mistakes: [string[], number, RegExp][] = [
    [['machine', 'show', 'nobody'], 1, /^greif: there is no machine "nobody": greif machine list .*\n$/],
    [['order', 'show', 'x'], 2, /^greif: "x" is no order number: greif order list shows them .*\n$/],
    [['order', 'cancel', '9'], 1, /^greif: there is no order 9: .*ORDER_NOT_FOUND\)\n$/],
    [['image', 'import', 'My Image', '/x'], 2, /^greif: name: small letters.*\n$/],
    [
      ['order', 'create', 'a'],
      2,
      /^greif: name an image to deploy, or --profile PROFILE to install a system.*\n$/,
    ],
    [['order', 'list', '--state', 'lost'], 2, /Allowed choices are filed/],
    [['machines'], 2, /unknown command 'machines'.*\n?.*machine/],
  ];
  for (const [args, status, message] of mistakes) {
    const outcome = await greif(appliance, ...args);
    t.is(outcome.status, status, args.join(' '));
    t.regex(outcome.err, message);
    t.is(outcome.out, '');
  }
  const json = await greif(appliance, 'machine', 'show', 'nobody', '--json');
  t.like(JSON.parse(json.out), { error: { code: 'MACHINE_NOT_FOUND' } });
  t.is(json.status, 1);
});

test('without an appliance it says how to start one', async (t) => {
  const { status, err } = await greif({ admin: 'http://127.0.0.1:1' }, 'order', 'list');
  t.is(status, 3);
  t.regex(err, /^greif: no appliance answers at .*npm start/);
});

test('text from a PC cannot move the cursor', async (t) => {
  const appliance = await started(t);
  const agent = await startAgent(appliance, mac(1));
  await greif(appliance, 'order', 'create', mac(1), 'debian');
  await agent.claim();
  await agent.fail(1, { code: 'STEP_FAILED', message: 'x\u001b[2Jy', log: ['\u001b]0;title\u0007'] });
  for (const verb of ['show', 'watch'])
    t.false((await greif(appliance, 'order', verb, '1')).out.includes('\u001b'));
});

test('the launcher finds its checkout through links, and takes its own Node', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'greif-link-'));
  t.teardown(() => rm(folder, { recursive: true }));
  await symlink(launcher, join(folder, 'first'));
  await symlink('first', join(folder, 'greif'));
  const env = { PATH: '/usr/bin:/bin' };
  const { stdout } = await promisify(execFile)(join(folder, 'greif'), ['--version'], { cwd: folder, env });
  t.regex(stdout, /^\d+\.\d+\.\d+\n$/);
});
