import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { silentLog } from '../../src/core/log.ts';
import { createSourceRoutes } from '../../src/sources/source-routes.ts';
import { openSourceStore } from '../../src/sources/source-store.ts';
import { serve } from '../delivery/serve.ts';
import { temporaryFolder } from '../image/temporary-folder.ts';
import { tool } from '../image/tool.ts';
import { makeIso, writeFiles } from './media.ts';

const kernel = randomBytes(3_000_000);

const serveIso = async (t: ExecutionContext, files: Record<string, string | Buffer>) => {
  const folder = await temporaryFolder(t);
  await writeFiles(path.join(folder, 'tree'), files);
  await makeIso(path.join(folder, 'tree'), path.join(folder, 'a.iso'));
  const sources = await openSourceStore(path.join(folder, 'sources'));
  t.teardown(() => sources.close());
  await sources.import({ name: 'deb', path: path.join(folder, 'a.iso'), at: '2026-11-27T10:00:00.000Z' });
  const kernelShare = new EventEmitter<{ sent: [] }>();
  // The client may have its last byte before the kernel's share is told.
  const kernelSent = once(kernelShare, 'sent');
  const routes = createSourceRoutes({
    sources,
    onKernelBytes: (count) => {
      if (count > 0) kernelShare.emit('sent');
    },
    log: silentLog,
  });
  const { port, url } = await serve(
    t,
    (request, response) => routes(request, response) || response.writeHead(418).end(),
  );
  /** Not `fetch`, which would tidy the path up. */
  const ask = (target: string, headers: Record<string, string> = {}, method = 'GET') =>
    new Promise<{ status: number; headers: http.IncomingHttpHeaders; body: Buffer }>((resolve, reject) => {
      const outgoing = http.request(
        { port, host: '127.0.0.1', path: target, method, headers },
        async (answer) => {
          const parts: Buffer[] = [];
          for await (const part of answer) parts.push(part);
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(parts) });
        },
      );
      outgoing.on('error', reject).end();
    });
  return { folder, sources, ask, url, kernelSent };
};

test('a file comes out of the ISO whole, in parts, and not again if the client has it', async (t) => {
  const { ask, kernelSent } = await serveIso(t, {
    'boot/vmlinuz': kernel,
    small: 'small',
    empty: '',
    'a b+ü~': 'odd',
  });
  const whole = await ask('/sources/deb/boot/vmlinuz');
  t.is(whole.status, 200);
  t.true(whole.body.equals(kernel));
  await kernelSent;
  t.like(whole.headers, { 'content-length': '3000000', 'accept-ranges': 'bytes' });
  t.is(whole.headers['last-modified'], 'Fri, 27 Nov 2026 10:00:00 GMT');
  const etag = String(whole.headers.etag);
  const head = await ask('/sources/deb/boot/vmlinuz', {}, 'HEAD');
  t.like(head, { status: 200, body: Buffer.alloc(0) });
  t.is(head.headers['content-length'], '3000000');
  const part = await ask('/sources/deb/boot/vmlinuz', { Range: 'bytes=1000-2000999', 'If-Range': etag });
  t.is(part.status, 206);
  t.is(part.headers['content-range'], 'bytes 1000-2000999/3000000');
  t.true(part.body.equals(kernel.subarray(1000, 2_001_000)));
  const end = await ask('/sources/deb/boot/vmlinuz', { Range: 'bytes=-5' });
  t.true(end.body.equals(kernel.subarray(-5)));
  t.is((await ask('/sources/deb/boot/vmlinuz', { Range: 'bytes=3000000-' })).status, 416);
  t.is((await ask('/sources/deb/boot/vmlinuz', { 'If-None-Match': etag })).status, 304);
  t.is((await ask('/sources/deb/small', { 'If-None-Match': etag })).status, 200, 'another file of the ISO');
  t.is((await ask('/sources/deb/small')).body.toString(), 'small');
  t.like(await ask('/sources/deb/empty'), { status: 200, body: Buffer.alloc(0) });
  t.is((await ask('/sources/deb//./a%20b+%C3%BC~?x=y')).body.toString(), 'odd');
});

test('the ISO itself is served, for live systems that fetch it whole', async (t) => {
  const { folder, ask } = await serveIso(t, { small: 'small' });
  const iso = await readFile(path.join(folder, 'a.iso'));
  const whole = await ask('/sources/deb.iso');
  t.is(whole.status, 200);
  t.true(whole.body.equals(iso));
  const part = await ask('/sources/deb.iso', { Range: 'bytes=32768-34815' });
  t.true(part.body.equals(iso.subarray(32_768, 34_816)));
  t.is((await ask('/sources/other.iso')).status, 404);
});

test('what is not there, is a folder or leads out is refused', async (t) => {
  const { ask } = await serveIso(t, { 'boot/vmlinuz': 'kernel', out: '-> ../../../../etc/passwd' });
  for (const none of [
    'deb/boot',
    'deb/boot/',
    'deb/',
    'deb',
    '',
    'deb/boot/vmlinuz/x',
    'deb/out',
    'other/boot/vmlinuz',
  ])
    t.is((await ask(`/sources/${none}`)).status, 404, none);
  for (const out of [
    'deb/../deb/boot/vmlinuz',
    'deb/%2e%2e/x',
    '..%2f..%2fetc/passwd',
    'deb/boot%5cvmlinuz',
    'deb/a%00',
  ])
    t.is((await ask(`/sources/${out}`)).status, 403, out);
  t.is((await ask('/sources/deb/%e0%a4%a')).status, 400);
  t.is((await ask('/sources/deb/boot/vmlinuz', {}, 'POST')).status, 405);
  t.is((await ask('/sourcesx/deb')).status, 418);
});

test('wget fetches many small files on one connection, curl resumes', async (t) => {
  const files = Object.fromEntries(
    Array.from({ length: 500 }, (_, index) => [`pool/${index % 7}/file-${index}`, randomBytes(index * 13)]),
  );
  const { folder, url } = await serveIso(t, { ...files, 'boot/vmlinuz': kernel });
  const list = path.join(folder, 'list');
  const names = Object.keys(files);
  await writeFiles(folder, { list: names.map((name) => `${url}/sources/deb/${name}`).join('\n') });
  const said = await tool('sh', '-c', `wget -nv -x -nH -P '${folder}/got' -i '${list}' 2>&1`);
  t.regex(said, /Downloaded: 500 files/);
  for (const name of names) {
    const got = await readFile(path.join(folder, 'got/sources/deb', name));
    t.true(got.equals(files[name] ?? Buffer.of()), name);
  }
  await writeFiles(folder, { half: kernel.subarray(0, 1_234_567) });
  const half = path.join(folder, 'half');
  await tool('curl', '-sS', '-C', '-', '-o', half, `${url}/sources/deb/boot/vmlinuz`);
  t.true((await readFile(half)).equals(kernel));
});
