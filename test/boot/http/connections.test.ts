import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readlink, truncate } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { serve } from './serve.ts';

const content = Buffer.from(Array.from({ length: 3_000_000 }, (_, at) => (at * 7 + (at >> 8)) & 0xff));
const url = '/boot/files/image';
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
/** Far more than the sockets hold. */
const hugeBytes = 256 * 1024 * 1024;

/** How many of this process's descriptors lead to what begins with `prefix`. */
const openDescriptors = async (prefix: string): Promise<number> => {
  const descriptors = await readdir('/proc/self/fd');
  const targets = await Promise.all(descriptors.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
  return targets.filter((target) => target.startsWith(prefix)).length;
};

const until = async (isSo: () => Promise<boolean>): Promise<void> => {
  while (!(await isSo())) await sleep(10);
};

test.serial('one connection serves many requests, most bytes past Node', async (t) => {
  let past = 0;
  const { port } = await serve(t, { image: content }, { onKernelBytes: (count) => (past += count) });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.teardown(() => agent.destroy());
  const ports = new Set<number | undefined>();
  for (const range of [undefined, 'bytes=1000-2500000', undefined, 'bytes=-1']) {
    const outgoing = request({ port, agent, path: url, headers: range ? { Range: range } : {} }).end();
    const [response] = await once(outgoing, 'response');
    ports.add(response.socket.localPort);
    const parts: Buffer[] = [];
    for await (const part of response) parts.push(part as Buffer);
    const [, first = '0', last = '2999999'] =
      /(\d+)-(\d+)\//.exec(response.headers['content-range'] ?? '') ?? [];
    t.is(sha256(Buffer.concat(parts)), sha256(content.subarray(Number(first), Number(last) + 1)));
  }
  t.is(ports.size, 1);
  t.true(past > content.length, `only ${past} bytes went past Node`);
});

test.serial('requests sent ahead are answered in turn', async (t) => {
  const { port } = await serve(t, { image: content, small: 'end' });
  const socket = connect(port, '127.0.0.1');
  const ask = (file: string, more = '') => `GET /boot/files/${file} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;
  socket.write(ask('image') + ask('image') + ask('small', 'Connection: close\r\n'));
  const parts: Buffer[] = [];
  for await (const part of socket) parts.push(part as Buffer);
  const all = Buffer.concat(parts);
  const bodies = [content, content, Buffer.from('end')];
  let at = 0;
  for (const body of bodies) {
    at = all.indexOf('\r\n\r\n', at) + 4;
    t.is(sha256(all.subarray(at, at + body.length)), sha256(body));
    at += body.length;
  }
  t.is(at, all.length);
});

test.serial('clients that stand still hold little memory and are cut off; nothing stays open', async (t) => {
  const { port, folder, connections } = await serve(t, { image: '' }, { idleMs: 5000 });
  await truncate(path.join(folder, 'image'), hugeBytes);
  const before = process.memoryUsage().arrayBuffers;
  const clients = Array.from({ length: 16 }, () => {
    const socket = connect(port, '127.0.0.1').pause();
    socket.on('error', () => {});
    socket.write(`GET ${url} HTTP/1.1\r\nHost: x\r\n\r\n`);
    return socket;
  });
  await until(async () => (await openDescriptors(folder)) === clients.length);
  t.true(process.memoryUsage().arrayBuffers - before < 4 * 1024 * 1024);
  await until(async () => (await openDescriptors(folder)) === 0);
  for (const socket of clients) socket.destroy();
  await until(async () => (await connections()) === 0);
  t.pass();
});

test.serial('a client that hangs up frees its file at once', async (t) => {
  const { port, folder, get } = await serve(t, { image: '', small: 'well' });
  await truncate(path.join(folder, 'image'), hugeBytes);
  for (const end of ['destroy', 'resetAndDestroy'] as const) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(`GET ${url} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await once(socket, 'data');
    socket[end]();
    await until(async () => (await openDescriptors(folder)) === 0);
  }
  t.is((await get('/boot/files/small')).body.toString(), 'well');
});
