import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import test from 'ava';
import { silentLog } from '../../src/core/log.ts';
import { renderConfiguration } from '../../src/sources/package-cache/configuration.ts';
import { openPackageCache } from '../../src/sources/package-cache/package-cache.ts';
import { packageCacheSchema } from '../../src/sources/package-cache/settings.ts';
import { serve } from '../delivery/serve.ts';
import { freePort } from '../free-port.ts';
import { temporaryFolder } from '../image/temporary-folder.ts';
import { tool } from '../image/tool.ts';

const packagePath = '/debian/pool/main/h/hello/hello_2.10-3_amd64.deb';
const packageUrl = `http://deb.debian.org${packagePath}`;

const download = (proxy: string, file: string, url = packageUrl): Promise<string> => {
  const retries = ['--retry', '60', '--retry-delay', '1', '--retry-connrefused', '--max-time', '60'];
  return tool('curl', '-s', '-w', '%{http_code}', ...retries, '-x', proxy, '-o', file, url);
};

/** As Debian's installer and apt fetch. */
const aptDownload = (proxy: string, file: string): Promise<string> =>
  tool('/usr/lib/apt/apt-helper', '-o', `Acquire::http::Proxy=${proxy}`, 'download-file', packageUrl, file);

/** The process of this cache. */
const processOf = async (folder: string): Promise<number> => {
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const command = await readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => '');
    if (command.startsWith('/usr/sbin/apt-cacher-ng') && command.includes(folder)) return Number(entry);
  }
  throw new Error('the cache does not run');
};

/** Returns when it is gone with its sockets: until then it may still be given a connection. */
const killed = async (pid: number): Promise<void> => {
  process.kill(pid, 'SIGKILL');
  while (existsSync(`/proc/${pid}`)) await setImmediate();
};

test('two PCs get the same package and its mirror is asked once, also after the cache has died; nothing else is fetched', async (t) => {
  const folder = await temporaryFolder(t);
  const content = randomBytes(3_000_000);
  const asked: string[] = [];
  const upstream = await serve(
    t,
    (request, response) => {
      asked.push(request.url ?? '');
      response.writeHead(200, {
        'Content-Length': content.length,
        'Last-Modified': 'Fri, 27 Nov 2026 10:00:00 GMT',
      });
      response.end(content);
    },
    await freePort(),
  );
  const port = await freePort();
  const settings = packageCacheSchema.parse({
    enabled: true,
    port,
    mirrors: [{ name: 'debian', urls: ['http://deb.debian.org/debian'], from: [`${upstream.url}/debian`] }],
  });
  const cache = await openPackageCache({ settings, folder: path.join(folder, 'cache'), log: silentLog });
  t.teardown(() => cache.close());
  await cache.listenAt('127.0.0.1');
  const second = await cache.listenAt('127.77.0.2');
  const file = (name: string) => path.join(folder, name);
  const got = async (name: string) => content.equals(await readFile(file(name)));

  t.is(await download(cache.urlAt('127.77.0.2'), file('first')), '200');
  await aptDownload(cache.urlAt('127.0.0.1'), file('second'));
  t.true(await got('first'));
  t.true(await got('second'));
  t.deepEqual(asked, [packagePath]);
  for (const elsewhere of [
    upstream.url + packagePath,
    'http://deb.debian.org/other/x.deb',
    `http://127.0.0.1:${port}/`,
  ])
    t.is(await download(cache.urlAt('127.0.0.1'), file('none'), elsewhere), '403', elsewhere);
  t.deepEqual(asked, [packagePath]);

  await killed(await processOf(folder));
  t.is(await download(cache.urlAt('127.0.0.1'), file('third')), '200');
  t.true(await got('third'));
  t.deepEqual(asked, [packagePath]);

  await second.close();
  t.is(await download(cache.urlAt('127.0.0.1'), file('fourth')), '200');
  await t.throwsAsync(tool('curl', '-s', '-x', cache.urlAt('127.77.0.2'), packageUrl));
  await cache.close();
  await t.throwsAsync(processOf(folder), { message: /does not run/ });
});

test('a missing program is told with the command that installs it', async (t) => {
  const folder = await temporaryFolder(t);
  const settings = packageCacheSchema.parse({
    enabled: true,
    port: 3142,
    mirrors: [{ name: 'debian', urls: ['http://deb.debian.org/debian'] }],
  });
  await t.throwsAsync(
    openPackageCache({ settings, folder, log: silentLog, program: path.join(folder, 'apt-cacher-ng') }),
    { code: 'CONFIG_INVALID', message: /apt-get install --no-install-recommends apt-cacher-ng/ },
  );
});

test('mirrors are mapped to where they are fetched from; what would break a line is refused', (t) => {
  const parse = (mirrors: unknown) => packageCacheSchema.safeParse({ enabled: true, port: 3142, mirrors });
  const { data } = parse([
    { name: 'debian', urls: ['http://deb.debian.org/debian/', 'http://ftp.de.debian.org/debian'] },
    { name: 'own', urls: ['http://mirror:8080/x'], from: ['https://a.example/x', 'http://b.example/x'] },
  ]);
  const text =
    data && renderConfiguration(data, { folder: '/data/cache', addresses: ['10.0.0.1', '10.1.0.1'] });
  t.regex(
    text ?? '',
    /^Remap-debian: deb\.debian\.org\/debian ftp\.de\.debian\.org\/debian \/debian ; http:\/\/deb\.debian\.org\/debian\/$/m,
  );
  t.regex(text ?? '', /^Remap-own: mirror:8080\/x \/own ; https:\/\/a\.example\/x http:\/\/b\.example\/x$/m);
  t.regex(text ?? '', /^BindAddress: 10\.0\.0\.1 10\.1\.0\.1$/m);
  t.regex(text ?? '', /^ForceManaged: 1$/m);
  const urls = ['http://a.example/x'];
  for (const mirrors of [
    [],
    [{ name: 'a', urls: [] }],
    [{ name: 'a', urls: ['https://a.example/x'] }],
    [{ name: 'a', urls: ['http://a.example/x;y'] }],
    [{ name: 'a', urls: ['http://a.example/x\nForceManaged: 0'] }],
    [{ name: 'a: b', urls }],
    [{ name: 'a', urls: ['http://a.example:40000/x'] }],
    [{ name: 'a', urls: ['http://[/x'] }],
    [{ name: 'a', urls, from: ['file:///etc'] }],
    [
      { name: 'a', urls },
      { name: 'a', urls },
    ],
  ])
    t.false(parse(mirrors).success, JSON.stringify(mirrors));
});
