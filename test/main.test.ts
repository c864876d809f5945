import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';

const program = path.resolve(import.meta.dirname, '../src/main.ts');
/** A loopback address of this process alone, so that its usual port is free. */
const host = `127.${(process.pid >> 16) & 255}.${(process.pid >> 8) & 255}.${process.pid & 255 || 1}`;
const port = 8470;
const url = `http://${host}:${port}`;

const appliance = async (t: ExecutionContext, ...args: string[]) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'greif-main-'));
  const config = path.join(folder, 'own.yaml');
  await writeFile(config, `admin: { host: ${host} }\n`);
  const own = [
    '--config',
    config,
    '--data',
    path.join(folder, 'data'),
    '--images',
    path.join(folder, 'images'),
  ];
  const child = spawn(process.execPath, [program, ...own, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (text) => (said.stdout += text));
  child.stderr.on('data', (text) => (said.stderr += text));
  t.teardown(async () => {
    if (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL'))
      await once(child, 'close');
    await rm(folder, { recursive: true, force: true });
  });
  return {
    child,
    said,
    data: path.join(folder, 'data'),
    closed: once(child, 'close').then(([status]) => status as number | null),
  };
};

test.serial(
  'without an interface: the API’s address, no DHCP and how to turn it on; SIGTERM ends it well',
  async (t) => {
    const { child, said, closed } = await appliance(t);
    await once(child.stdout, 'data');
    t.true(said.stdout.includes(`API: ${url}/api/v1`));
    t.regex(
      said.stdout,
      /no DHCP is answered.* Next: npm start -- --interface eth1 --dhcp proxy\|server\|off/,
    );
    const health = await fetch(`${url}/healthz`);
    t.deepEqual(await health.json(), { status: 'ok' });
    const { status, headers } = await fetch(`${url}/api/v1/orders/7`);
    t.is(status, 404);
    child.kill('SIGTERM');
    t.is(await closed, 0);
    t.regex(said.stdout, /Stopping\.\n$/);
    const [line = ''] = said.stderr.split('\n');
    const requestId = headers.get('x-request-id');
    t.like(JSON.parse(line), { level: 'info', path: '/api/v1/orders/7', requestId }, 'JSON off a terminal');
  },
);

test.serial('two appliances on one data folder: the second is refused and says what to do', async (t) => {
  const first = await appliance(t);
  await once(first.child.stdout, 'data');
  const second = await appliance(t, '--data', first.data);
  t.is(await second.closed, 2);
  t.regex(second.said.stderr, /^greif: another appliance is running on .*data: stop it first.*\n$/);
  first.child.kill('SIGKILL');
  await first.closed;
  const third = await appliance(t, '--data', first.data);
  await once(third.child.stdout, 'data');
  t.regex(third.said.stdout, /API: /, 'one that was killed leaves nothing in the way');
});

test.serial('a taken port is one line with the remedy', async (t) => {
  const holder = createServer().listen(port, host);
  await once(holder, 'listening');
  const { said, closed } = await appliance(t);
  t.is(await closed, 1);
  holder.close();
  t.regex(
    said.stderr,
    new RegExp(`^greif: the admin API: TCP port ${port} on ${host} cannot be opened: .*ss -tulpn.*\\n$`),
  );
});

test.serial('an interface that is not there is told once', async (t) => {
  const { said, closed } = await appliance(t, '--interface', 'none7', '--dhcp', 'off');
  t.is(await closed, 2);
  t.regex(said.stderr, /^greif: there is no interface none7.*\n$/);
});

test.serial('a call that is wrong in itself ends with 2', async (t) => {
  for (const args of [['--lunch'], ['--dhcp', 'maybe'], ['--admin-port', '0']]) {
    const { said, closed } = await appliance(t, ...args);
    t.is(await closed, 2, said.stderr);
    t.regex(said.stderr, /^error: /);
  }
});
