import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { startAgent } from '../api/agent-stub.ts';
import { startAppliance } from '../api/appliance.ts';
import { mac } from '../fleet/samples.ts';
import { greif } from './greif.ts';

const yaml = `
name: lab
system: debian
release: bookworm
source: debian-12
disk: { fileSystem: ext4 }
variables:
  ntpServer: { type: string, default: pool.ntp.org }
  joinKey: { type: string, secret: true }
postInstall:
  - join {{ variables.joinKey }} {{ variables.ntpServer }}
`;

const room = async (t: ExecutionContext) => {
  // Each call is a process of its own.
  t.timeout(300_000);
  const appliance = await startAppliance({ sources: { find: async () => ({}) } });
  const folder = await mkdtemp(join(tmpdir(), 'greif-profile-'));
  t.teardown(async () => {
    await appliance.close();
    await rm(folder, { recursive: true });
  });
  await startAgent(appliance, mac(1));
  const call = (...args: string[]) => greif(appliance, ...args);
  const add = (text: string) => {
    const file = join(folder, 'lab.yaml');
    writeFileSync(file, text);
    return call('profile', 'add', file);
  };
  return { call, add, folder };
};

test('profiles are added from files by version, and a fault is named by its field', async (t) => {
  const { call, add } = await room(t);
  t.regex((await call('profile', 'list')).out, /^No profiles yet/);
  t.is((await add(yaml)).out, 'lab@1\n');
  t.is((await add(JSON.stringify({ name: 'a' }))).status, 2);
  t.regex((await add(`${yaml}rootPasswordHash: toor\n`)).err, /rootPasswordHash: write a crypt\(3\) hash/);
  t.regex((await add('a: [')).err, /lab\.yaml is neither YAML nor JSON.*BAD_REQUEST/s);
  t.regex((await call('profile', 'list')).out, /^lab@1 +debian bookworm +debian-12 +ntpServer, joinKey/m);
  t.regex((await call('profile', 'show', 'lab@1')).out, /^release: bookworm$/m);
  t.is((await call('profile', 'remove', 'lab')).out, 'lab is removed\n');
});

test('values come from their places to the preview and into the order, secrets as bullets', async (t) => {
  const { call, add, folder } = await room(t);
  await add(yaml);
  const create = (...args: string[]) => call('order', 'create', mac(1), ...args);
  const failed = await create('--profile', 'lab');
  t.regex(failed.err, /needs joinKey, .*greif site set joinKey=VALUE.*VARIABLE_UNDEFINED/s);
  t.is(failed.status, 1);
  writeFileSync(join(folder, 'key'), 's3cret\n');
  const unread = await call('site', 'set', `joinKey@${join(folder, 'no-key')}`);
  t.regex(unread.err, /no such file .*no-key/);
  t.regex((await call('site', 'set', `joinKey@${join(folder, 'key')}`)).out, /^joinKey +•••$/m);
  t.regex((await call('room', 'set', 'R101', '--set', 'ntpServer=room')).out, /^R101/m);
  t.regex((await call('group', 'set', 'exam', '--set', 'ntpServer=exam')).out, /^ntpServer +exam$/m);
  await call('machine', 'set', mac(1), '--room', 'R101', '--group', 'lecture', 'exam');
  t.regex((await call('group', 'list')).out, /^exam +1 +ntpServer=exam\nlecture +1$/m);
  const rendered = await call('profile', 'render', 'lab', '--machine', mac(1));
  t.regex(rendered.out, /^--- preseed\.cfg$/m);
  t.regex(rendered.out, /^join '\*\*\*' 'exam'$/m);
  t.regex(rendered.out, /^ntpServer +exam +group:exam\njoinKey +••• +site$/m);
  const set = await call('machine', 'set', mac(1), '--set', 'ntpServer=own', '--no-groups');
  t.regex(set.out, /^variable: +ntpServer = own$/m);
  t.is((await call('group', 'list')).out.includes('lecture'), false, 'nobody names it any more');

  const wrong = [
    ['debian@1', '--profile', 'lab'],
    [],
    ['--profile', 'lab', '--full'],
    ['debian@1', '--set', 'a=b'],
  ];
  for (const args of wrong) t.is((await create(...args)).status, 2, args.join(' '));
  t.regex((await create('--profile', 'lab', '--host-name', 'desk-7')).out, /install lab@1 as desk-7/);
  t.regex((await call('order', 'list')).out, /install +lab@1 +desk-7 +filed/);
  const shown = (await call('order', 'show', '1')).out;
  t.regex(shown, /^system: +debian bookworm$/m);
  t.regex(shown, /^variable: +ntpServer = own\nvariable: +joinKey = •••$/m);
  t.notRegex(shown, /s3cret/);
  t.regex((await call('secret', 'rotate-key')).out, /^key: [0-9a-f]{8}$/m);
});
