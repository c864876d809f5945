import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { packageFile } from '../../src/setup/boot-folder/download.ts';
import { readLock } from '../../src/setup/boot-folder/lock.ts';
import { unpackPackages } from '../../src/setup/boot-folder/tree.ts';
import { linkApplets, projectCache } from './boot-files.ts';
import { project, temporaryFolder } from './samples.ts';

const scripts = path.join(project, 'src/setup/first-stage');
const system = randomBytes(300_000);
const hash = createHash('sha256').update(system).digest('hex');

/** Debian's busybox of the lock: the shell and the wget that the PC has. */
const busyboxShell = async (t: ExecutionContext, ...applets: string[]) => {
  const folder = await temporaryFolder(t);
  const lock = await readLock(path.join(project, 'boot/boot.lock.json'));
  const entry = lock?.systems.x64.packages.find(({ name }) => name === 'busybox-static');
  if (!entry) throw new Error('busybox is not locked');
  const tree = await unpackPackages(
    [packageFile(path.join(projectCache, 'packages'), entry)],
    path.join(folder, 'tree'),
  );
  const busybox = path.join(tree.folder, 'bin/busybox');
  await linkApplets(busybox, path.join(folder, 'bin'), ...applets);
  const run = (script: string): Promise<{ status: number; said: string }> =>
    new Promise((resolve) => {
      const child = execFile(
        busybox,
        ['sh', '-c', script],
        { env: { PATH: path.join(folder, 'bin'), busybox } },
        (error, stdout) => resolve({ status: error ? Number(error.code ?? 1) : 0, said: stdout }),
      );
      t.teardown(() => void child.kill('SIGKILL'));
    });
  return { folder, run };
};

/** The script's own functions, with its pauses cut short, its words on standard output, and no restart of this machine. */
const fetchScript = (url: string, file: string, watchSeconds: number) => `
  . ${scripts}/say.sh; . ${scripts}/fetch.sh
  say() { echo "greif: $*"; }
  sleep() { if [ $1 = 5 ]; then $busybox sleep ${watchSeconds}; else $busybox sleep 0.1; fi; }
  restart() { echo "restart: $*"; exit 7; }
  reboot() { exit 8; }
  fetch ${url} ${file} ${system.length} ${hash}`;

const fetchFrom = async (
  t: ExecutionContext,
  answer: (request: IncomingMessage, response: ServerResponse, count: number) => void,
  watchSeconds = 2,
) => {
  const ranges: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    ranges.push(request.headers.range);
    answer(request, response, ranges.length);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const applets = ['cat', 'wget', 'stat', 'sha256sum', 'cut', 'tail', 'sed', 'rm'];
  const { folder, run } = await busyboxShell(t, ...applets);
  const file = path.join(folder, 'root.squashfs');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/boot/files/agent/root.squashfs`;
  return { ...(await run(fetchScript(url, file, watchSeconds))), ranges, file };
};

const startOf = (request: IncomingMessage): number =>
  Number(request.headers.range?.match(/^bytes=(\d+)-/)?.[1] ?? 0);

const send = (request: IncomingMessage, response: ServerResponse, content: Buffer): void => {
  const start = startOf(request);
  const head = start > 0 ? { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` } : {};
  response.writeHead(start > 0 ? 206 : 200, { 'content-length': content.length - start, ...head });
  response.end(content.subarray(start));
};

test('a server that is away, then breaks off, then answers: the file is whole, fetched on from where it was', async (t) => {
  const cutAt = 120_000;
  const { status, said, ranges, file } = await fetchFrom(t, (request, response, count) => {
    if (count === 1) response.writeHead(503).end();
    else if (count === 2)
      response
        .writeHead(200, { 'content-length': system.length })
        .write(system.subarray(0, cutAt), () => setTimeout(() => response.destroy(), 50));
    else send(request, response, system);
  });
  t.is(status, 0, said);
  t.regex(said, /cannot fetch .*503/);
  t.regex(ranges[2] ?? '', /^bytes=[1-9]\d*-$/);
  t.is(
    createHash('sha256')
      .update(await readFile(file))
      .digest('hex'),
    hash,
  );
});

test('a file with another hash is never used: it is removed, and after five tries the PC asks the network anew', async (t) => {
  const forged = Buffer.from(system);
  forged.writeUInt8(forged.readUInt8(150_000) ^ 1, 150_000);
  const { status, said, ranges, file } = await fetchFrom(t, (request, response) =>
    send(request, response, forged),
  );
  t.is(status, 7, said);
  t.is(ranges.length, 5);
  t.regex(said, /wrong SHA-256\); it is not used \(try 5 of 5\)/);
  t.regex(said, /restart: .*npm run boot/);
  await t.throwsAsync(readFile(file), { code: 'ENOENT' });
});

test('a shorter and a longer file are refused as well', async (t) => {
  for (const other of [system.subarray(0, 1000), Buffer.concat([system, system])]) {
    const { status, said } = await fetchFrom(t, (request, response) =>
      send(request, response, Buffer.from(other)),
    );
    t.is(status, 7, said);
  }
});

test('a transfer that stands still is ended and taken up again', async (t) => {
  const stallOnce = (request: IncomingMessage, response: ServerResponse, count: number) => {
    if (count > 1) return send(request, response, system);
    response.writeHead(200, { 'content-length': system.length }).write(system.subarray(0, 5000));
  };
  const { status, said, ranges } = await fetchFrom(t, stallOnce, 0.3);
  t.is(status, 0, said);
  t.regex(said, /nothing came for 15 s/);
  t.true(ranges.length >= 2);
});

test('kernel arguments are read by name, the last of two wins, and BOOTIF becomes a MAC address', async (t) => {
  const { folder, run } = await busyboxShell(t, 'cat', 'tail', 'tr', 'sed');
  const commandLine = path.join(folder, 'cmdline');
  await writeFile(
    commandLine,
    'quiet greif.server=http://10.0.0.1:8080 BOOTIF=01-52-54-00-AA-bb-01 greif.token=a=b greif.server=http://10.0.0.2:80\n',
  );
  const { said } = await run(`
    . ${scripts}/say.sh; . ${scripts}/network.sh
    cat() { $busybox cat ${commandLine}; }
    argument greif.server; argument greif.token; argument nothing; boot_mac`);
  t.deepEqual(said.trim().split('\n'), ['http://10.0.0.2:80', 'a=b', '52:54:00:aa:bb:01']);
});

test('every script is accepted by the PC’s shell', async (t) => {
  const { run } = await busyboxShell(t);
  const files = [
    ...['init', 'say.sh', 'drivers.sh', 'network.sh', 'lease.sh', 'fetch.sh'].map((name) =>
      path.join(scripts, name),
    ),
    path.join(project, 'src/setup/agent-system/init'),
  ];
  for (const file of files) t.is((await run(`$busybox sh -n ${file}`)).status, 0, file);
});
