import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, truncate } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { cpuSeconds } from '../bench/process-time.ts';
import { temporaryFolder } from './temporary.ts';
import { ack, rawClient, readRequest } from './tftp-client.ts';

/** No slow machine shall make the server repeat a packet. */
const options = { blksize: '1468', windowsize: '64', timeout: '60' };

const startServer = async (t: ExecutionContext) => {
  const folder = await temporaryFolder(t, { large: '' });
  await truncate(path.join(folder, 'large'), 1024 ** 3);
  const child = fork(path.join(import.meta.dirname, 'tftp-server-process.ts'), [folder]);
  t.teardown(() => child.kill('SIGKILL'));
  const [port] = await once(child, 'message');
  return { port: Number(port), pid: child.pid ?? 0, folder };
};

/** All of its threads: each stops when it is its turn to run. */
const isStopped = async (pid: number): Promise<void> => {
  const states = async (): Promise<string[]> => {
    const threads = await readdir(`/proc/${pid}/task`);
    return Promise.all(threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/status`, 'utf8')));
  };
  while (!(await states()).every((state) => /^State:\tT/m.test(state))) await sleep(1);
};

test('a client with eight transfers and windows of 64 has one turn before another client has its own', async (t) => {
  const { port, pid } = await startServer(t);
  const open = async (address: string, windowsize: string) => {
    const client = await rawClient(t, address);
    client.send(readRequest('large', { ...options, windowsize }), port);
    return { client, transfer: (await client.next()).port };
  };
  const greedy = [];
  for (let index = 0; index < 8; index++) greedy.push(await open('127.0.0.2', '64'));
  const modest = await open('127.0.0.3', '1');
  // All have something to say before the server hears any of it; the modest one last.
  process.kill(pid, 'SIGSTOP');
  await isStopped(pid);
  for (const { client, transfer } of [...greedy, modest]) await client.sent(ack(0), transfer);
  process.kill(pid, 'SIGCONT');
  t.like((await modest.client.next()).packet, { kind: 'DATA', block: 1 });
  t.true(greedy.filter(({ client }) => client.waiting > 0).length <= 1);
  for (const { client } of greedy) t.like((await client.next()).packet, { kind: 'DATA', block: 1 });
});

test('a server with a transfer whose client is silent uses no processor time', async (t) => {
  const { port, pid } = await startServer(t);
  const client = await rawClient(t);
  client.send(readRequest('large', { ...options, windowsize: '1' }), port);
  const { port: transfer } = await client.next();
  for (let block = 0; block < 500; block++) {
    client.send(ack(block), transfer);
    await client.next();
  }
  // Only time that passes can show that nothing happens in it.
  const before = await cpuSeconds(pid);
  await sleep(1500);
  const used = (await cpuSeconds(pid)) - before;
  t.true(used <= 0.15, `${used} s`);
});

test('a file that becomes shorter while it is sent ends with an error to the client', async (t) => {
  const { port, folder } = await startServer(t);
  const client = await rawClient(t);
  client.send(readRequest('large', options), port);
  const { port: transfer } = await client.next();
  client.send(ack(0), transfer);
  for (let block = 1; block <= 64; block++) t.like((await client.next()).packet, { kind: 'DATA', block });
  await truncate(path.join(folder, 'large'), 1000);
  client.send(ack(64), transfer);
  t.like(await client.next(), { port: transfer, packet: { kind: 'ERROR', code: 0 } });
});
