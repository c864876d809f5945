import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import test from 'ava';
import { createLog } from '../../src/core/log.ts';
import { openDriverStore } from '../../src/drivers/driver-store.ts';
import { openBootWimStore } from '../../src/winpe/boot-wim-store.ts';
import { openMediumStore } from '../../src/winpe/medium.ts';
import { bootWimUrl, createWinpeRoutes } from '../../src/winpe/routes.ts';
import { importMedium } from './media.ts';

test('a medium is looked into once: its boot.wim, curl of its Windows, and what Windows there are', async (t) => {
  const { sources, source, bytes, media, store } = await importMedium(t);
  const [medium, same] = await Promise.all([store.get(source), store.get(source)]);
  t.deepEqual(same, medium);
  t.deepEqual(await readFile(medium.bootWim), bytes);
  t.is(await readFile(medium.curl ?? '', 'utf8'), 'MZ curl');
  t.deepEqual(medium.images, [
    { index: 1, name: 'Windows 11 Education' },
    { index: 2, name: 'Windows 11 Pro' },
  ]);
  const open = () => Promise.reject(new Error('not again'));
  const broken = { ...sources, open };
  t.deepEqual(await (await openMediumStore(media, broken)).get(source), medium);
  const gone = { ...broken, list: () => [] };
  await t.throwsAsync((await openMediumStore(media, gone)).get(source), { message: 'not again' });
});

test('a medium is unpacked once, file by file', async (t) => {
  const { sources, source, bytes, media, store } = await importMedium(t);
  const folder = await store.unpack(source);
  t.deepEqual(await readFile(path.join(folder, 'sources/boot.wim')), bytes);
  t.is(await readFile(path.join(folder, 'setup.exe'), 'utf8'), 'MZ setup');
  t.deepEqual(
    (await readdir(folder, { recursive: true, withFileTypes: true })).filter((one) => one.isFile()).length,
    source.fileCount,
  );
  const evil = { ...sources, paths: async () => ['../../evil', 'setup.exe'] };
  const again = await openMediumStore(path.join(media, 'other'), evil);
  t.deepEqual(await readdir(await again.unpack(source)), ['setup.exe']);
});

test('a Windows without curl is told from one with it; what is no medium of Windows is refused', async (t) => {
  const { source, store } = await importMedium(t, { hasCurl: false });
  t.is((await store.get(source)).curl, undefined);
  const linux = { ...source, digest: '0'.repeat(64), windows: undefined };
  await t.throwsAsync(store.get(linux), { code: 'SOURCE_INVALID', message: /no installation medium/ });
});

test('PCs fetch the prepared boot.wim over HTTP, in parts too', async (t) => {
  const { folder, source, store } = await importMedium(t);
  const drivers = await openDriverStore(path.join(folder, 'drivers'));
  const bootWims = await openBootWimStore(path.join(folder, 'winpe'), drivers);
  const { digest, file } = await bootWims.get({ medium: await store.get(source), drivers: [] });
  const routes = createWinpeRoutes({ bootWims, log: createLog({ level: 'error', format: 'json' }) });
  const server = createServer((request, response) => {
    if (!routes(request, response)) response.writeHead(418).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  const bytes = await readFile(file);
  const whole = await fetch(bootWimUrl(url, digest));
  t.deepEqual(Buffer.from(await whole.arrayBuffer()), bytes);
  const part = await fetch(bootWimUrl(url, digest), { headers: { Range: 'bytes=0-7' } });
  t.is(part.status, 206);
  t.is(await part.text(), 'MSWIM\0\0\0');
  t.is((await fetch(bootWimUrl(url, '0'.repeat(64)))).status, 404);
  t.is((await fetch(`${url}/winpe/..%2F/boot.wim`)).status, 418);
  t.is((await fetch(bootWimUrl(url, digest), { method: 'POST' })).status, 405);
});
