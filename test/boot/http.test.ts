import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { truncate } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { createBootHttp } from '../../src/boot/http/handler.ts';
import { readRange } from '../../src/boot/http/range.ts';
import type { BootClient } from '../../src/boot/plan.ts';
import { GreifError } from '../../src/core/errors.ts';
import { silentLog } from '../../src/core/log.ts';
import { temporaryFolder } from './temporary.ts';

const large = randomBytes(5_000_001);

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
  whole: boolean;
}

const serve = async (t: ExecutionContext, plan?: (client: BootClient) => Promise<never>) => {
  const folder = await temporaryFolder(t, { 'agent/vmlinuz': large, empty: '', 'a b': 'blank' });
  const asked: BootClient[] = [];
  const handle = createBootHttp({
    desk: {
      async plan(client) {
        asked.push(client);
        return (await plan?.(client)) ?? { bootId: 'b1', token: 't1', plan: { kind: 'discover' } };
      },
    },
    bootFolder: folder,
    serverUrl: 'http://10.0.0.1:8080',
    kernelArguments: 'quiet',
    log: silentLog,
  });
  const server = createServer((incoming, response) => {
    if (!handle(incoming, response)) response.writeHead(418).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const get = (
    url: string,
    headers: Record<string, string> = {},
    method = 'GET',
    onHeaders: () => Promise<void> = async () => {},
  ) =>
    new Promise<Answer>((resolve, reject) => {
      const outgoing = request({ port, host: '127.0.0.1', path: url, method, headers, agent: false });
      outgoing.on('response', async (response) => {
        const parts: Buffer[] = [];
        await onHeaders();
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('error', () => {});
        response.on('close', () => {
          const { statusCode = 0, complete: whole } = response;
          resolve({ status: statusCode, headers: response.headers, body: Buffer.concat(parts), whole });
        });
      });
      outgoing.on('error', reject).end();
    });
  return { get, asked, folder };
};

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

test('a boot file comes whole, with its length and a validator', async (t) => {
  const { get } = await serve(t);
  const answer = await get('/boot/files/agent/vmlinuz');
  t.is(answer.status, 200);
  t.is(answer.headers['content-length'], String(large.length));
  t.regex(String(answer.headers.etag), /^"[0-9a-f]+-[0-9a-f]+"$/);
  t.is(sha256(answer.body), sha256(large));
  t.is((await get('/boot/files/a%20b')).body.toString(), 'blank');
  t.is((await get('/boot/files/empty')).headers['content-length'], '0');
});

test('HEAD says the length and sends nothing (EDK2 asks so first)', async (t) => {
  const { get } = await serve(t);
  const answer = await get('/boot/files/agent/vmlinuz', {}, 'HEAD');
  t.is(answer.status, 200);
  t.is(answer.headers['content-length'], String(large.length));
  t.is(answer.body.length, 0);
});

test('a broken download is resumed', async (t) => {
  const { get } = await serve(t);
  const etag = String((await get('/boot/files/agent/vmlinuz', {}, 'HEAD')).headers.etag);
  const rest = await get('/boot/files/agent/vmlinuz', { Range: 'bytes=3000000-', 'If-Range': etag });
  t.is(rest.status, 206);
  t.is(rest.headers['content-range'], `bytes 3000000-5000000/5000001`);
  t.is(sha256(rest.body), sha256(large.subarray(3_000_000)));
  const changed = await get('/boot/files/agent/vmlinuz', { Range: 'bytes=3000000-', 'If-Range': '"old"' });
  t.is(changed.status, 200);
  t.is(changed.body.length, large.length);
  const beyond = await get('/boot/files/agent/vmlinuz', { Range: 'bytes=5000001-' });
  t.is(beyond.status, 416);
  t.is(beyond.headers['content-range'], 'bytes */5000001');
});

test('ranges as RFC 9110 reads them', (t) => {
  t.deepEqual(readRange('bytes=0-0', 10), { first: 0, last: 0 });
  t.deepEqual(readRange('bytes=5-', 10), { first: 5, last: 9 });
  t.deepEqual(readRange('bytes=5-99', 10), { first: 5, last: 9 });
  t.deepEqual(readRange('bytes=-3', 10), { first: 7, last: 9 });
  t.deepEqual(readRange('bytes=-99', 10), { first: 0, last: 9 });
  for (const whole of [undefined, '', 'bytes=-', 'bytes=5-4', 'bytes=0-1,3-4', 'lines=1-2', 'bytes=a-b'])
    t.is(readRange(whole, 10), undefined, whole);
  for (const beyond of ['bytes=10-', 'bytes=99-100', 'bytes=-0'])
    t.is(readRange(beyond, 10), 'unsatisfiable', beyond);
});

test('what is not there, or must not be had, is refused; what is not ours is left alone', async (t) => {
  const { get } = await serve(t);
  t.is((await get('/boot/files/nope')).status, 404);
  t.is((await get('/boot/files/')).status, 403);
  t.is((await get('/boot/files/..%2f..%2fetc/passwd')).status, 403);
  t.is((await get('/boot/files/../../etc/passwd')).status, 403);
  t.is((await get('/boot/files/%zz')).status, 400);
  t.is((await get('/boot/files/agent/vmlinuz', {}, 'PUT')).status, 405);
  for (const foreign of ['/', '/boot', '/boot/ipxe/x', '//', '/agent/v1/claim'])
    t.is((await get(foreign)).status, 418, foreign);
});

test('a PC gets its script; what it says of itself is checked', async (t) => {
  const { get, asked } = await serve(t);
  const uuid = '4c4c4544-0042-3510-8052-b4c04f4d4831';
  const answer = await get(`/boot/ipxe?mac=52%3A54%3A00%3A00%3A00%3A01&uuid=${uuid}&arch=bios`);
  t.is(answer.status, 200);
  t.is(answer.headers['cache-control'], 'no-store');
  t.regex(answer.body.toString(), /^#!ipxe\n.*greif\.token=t1 greif\.boot=b1 .*quiet \|\| goto failed/s);
  await get('/boot/ipxe?mac=525400000001&uuid=x%0Aexit&arch=%24');
  t.deepEqual(asked as unknown[], [
    { mac: '52:54:00:00:00:01', uuid, arch: 'bios' },
    { mac: '52:54:00:00:00:01', uuid: undefined, arch: undefined },
  ]);
  t.is((await get('/boot/ipxe')).status, 400);
  t.is((await get('/boot/ipxe?mac=zz')).status, 400);
});

test('a plan that fails is said so, and no script', async (t) => {
  const { get } = await serve(t, async () => {
    throw new GreifError('INTERNAL', 'the store does not answer');
  });
  const answer = await get('/boot/ipxe?mac=525400000001');
  t.is(answer.status, 500);
  t.notRegex(answer.body.toString(), /^#!ipxe/);
});

test('a file that becomes shorter while it is sent is cut, and the client sees it', async (t) => {
  const { get, folder } = await serve(t);
  const file = path.join(folder, 'empty');
  // Far more than the sockets hold, so that most of it is not yet read when the file is cut.
  const sizeBytes = 64 * 1024 * 1024;
  await truncate(file, sizeBytes);
  const answer = await get('/boot/files/empty', {}, 'GET', () => truncate(file, 100));
  t.is(answer.status, 200);
  t.false(answer.whole);
  t.true(answer.body.length < sizeBytes);
});

test('kernel arguments that a loader would misread stop the start', (t) => {
  t.throws(
    () =>
      createBootHttp({
        desk: { plan: async () => ({ bootId: 'b', plan: { kind: 'discover' } }) },
        bootFolder: '/nonexistent',
        serverUrl: 'http://10.0.0.1:8080',
        kernelArguments: 'quiet;reboot',
        log: silentLog,
      }),
    { code: 'CONFIG_INVALID' },
  );
});
