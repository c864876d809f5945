import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { overlay, readConfig } from '../src/config.ts';

const project = path.resolve(import.meta.dirname, '..');

test('without arguments no network is touched and the admin API is on loopback', async (t) => {
  const config = await readConfig([], project);
  t.deepEqual(config.interfaces, []);
  t.is(config.admin.host, '127.0.0.1');
  t.is(config.folders.boot, path.join(project, 'boot'));
});

test('an interface stands beside the site’s DHCP server unless told otherwise', async (t) => {
  t.deepEqual((await readConfig(['--interface', 'eth1'], project)).interfaces, [
    { name: 'eth1', dhcp: 'proxy' },
  ]);
  t.deepEqual((await readConfig(['--interface', 'eth1', '--dhcp', 'server'], project)).interfaces, [
    { name: 'eth1', dhcp: 'server' },
  ]);
});

test('each interface may have a mode of its own; --dhcp is for those that name none', async (t) => {
  const interfaces = async (...args: string[]) => (await readConfig(args, project)).interfaces;
  const both = [
    { name: 'eth1', dhcp: 'server' },
    { name: 'eth2.10', dhcp: 'proxy' },
  ];
  t.deepEqual(await interfaces('--interface', 'eth1=server', '--interface', 'eth2.10=proxy'), both as never);
  t.deepEqual(await interfaces('--interface', 'eth1=server', 'eth2.10', '--dhcp', 'proxy'), both as never);
  for (const [wrong, message] of [
    [['eth1=sever'], /interfaces\.0\.dhcp/],
    [['=server'], /interfaces\.0\.name/],
    [['eth1=server', 'eth1=proxy'], /interfaces: an interface is named twice/],
  ] as const)
    await t.throwsAsync(interfaces('--interface', ...wrong), { code: 'CONFIG_INVALID', message });
});

test('a DHCP mode without an interface is refused', async (t) => {
  const error = await t.throwsAsync(readConfig(['--dhcp', 'server'], project));
  t.regex(error?.message ?? '', /needs --interface/);
});

test('the operator’s file is laid over the defaults, the command line over both; faults are named', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'greif-config-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const file = path.join(folder, 'own.yaml');
  await writeFile(file, 'room: { httpPort: 81 }\norders: { lostAfterSeconds: 9 }\n');
  const config = await readConfig(['--config', file, '--http-port', '82'], project);
  t.is(config.room.httpPort, 82);
  t.is(config.room.tftpPort, 69);
  t.is(config.orders.lostAfterSeconds, 9);

  await writeFile(file, 'admin: { host: 0.0.0.0 }\nroom: { tftpPort: 700000 }\ncolour: red\n');
  const error = await t.throwsAsync(readConfig(['--config', file], project), { code: 'CONFIG_INVALID' });
  t.regex(error.message, /admin\.host: .*loopback only/);
  t.regex(error.message, /room\.tftpPort/);
  t.regex(error.message, /colour/);

  await writeFile(file, 'room: [\n');
  const torn = await t.throwsAsync(readConfig(['--config', file], project), { code: 'CONFIG_INVALID' });
  t.regex(torn.message, /^the configuration file \S+own\.yaml cannot be read: .* line 2/);
  t.notRegex(torn.message, /\n/);
});

test('overlay replaces lists whole and keeps what is not named', (t) => {
  t.deepEqual(overlay({ a: { b: 1, c: [1, 2] } }, { a: { c: [3], b: undefined } }), { a: { b: 1, c: [3] } });
});
