import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { chooseMirror, packageUri, parsePackages } from '../../src/setup/boot-folder/debian-archive.ts';
import { downloadError, downloadPackages, packageFile } from '../../src/setup/boot-folder/download.ts';
import type { LockedPackage } from '../../src/setup/boot-folder/lock.ts';
import { lockedPackage, temporaryFolder } from './samples.ts';

test('the mirror is that of the machine’s own Debian sources, whichever others it has', (t) => {
  const sources = [
    'https://vendor.example/apt/|nodistro|main',
    'https://cloud.example/apt/|cloud-sdk-bookworm|main',
    'http://mirror.example/debian/|trixie|contrib',
    'http://mirror.example/debian/|trixie|main',
    'http://mirror.example/debian/|trixie-updates|main',
    'http://security.example/debian-security/|trixie-security|main',
  ];
  t.deepEqual(chooseMirror(sources.join('\n')), {
    main: 'http://mirror.example/debian',
    security: 'http://security.example/debian-security',
  });
  t.is(chooseMirror(sources.slice(0, 2).join('\n')), undefined);
});

test('without security sources the mirror’s usual neighbour is asked; updates come from there', (t) => {
  const mirror = chooseMirror('http://mirror.example/debian/|bookworm|main');
  if (!mirror) return t.fail('no mirror');
  t.is(
    packageUri(mirror, 'pool/main/k/kmod/kmod_30.deb'),
    'http://mirror.example/debian/pool/main/k/kmod/kmod_30.deb',
  );
  t.is(
    packageUri(mirror, 'pool/updates/main/x.deb'),
    'http://mirror.example/debian-security/pool/updates/main/x.deb',
  );
});

test('apt’s stanzas become lock entries', (t) => {
  const shown = [
    'Package: kmod\nVersion: 30+2022-1\nDescription: x\n Filename: no\nFilename: pool/main/k/kmod/kmod_30_amd64.deb\nSize: 95180\nSHA256: ' +
      'b'.repeat(64),
    'Package: cpio\nArchitecture: arm64\nVersion: 2.13\nFilename: pool/main/c/cpio/cpio_2.13_arm64.deb\nSize: 7\nSHA256: ' +
      'c'.repeat(64),
  ].join('\n\n');
  t.deepEqual(parsePackages(shown), [
    {
      name: 'kmod',
      version: '30+2022-1',
      path: 'pool/main/k/kmod/kmod_30_amd64.deb',
      sizeBytes: 95180,
      sha256: 'b'.repeat(64),
    },
    {
      name: 'cpio:arm64',
      version: '2.13',
      path: 'pool/main/c/cpio/cpio_2.13_arm64.deb',
      sizeBytes: 7,
      sha256: 'c'.repeat(64),
    },
  ]);
  t.is(parsePackages(shown, 'arm64')[1]?.name, 'cpio');
});

test('apt’s complaints become one sentence with the remedy; a replaced package is no error', (t) => {
  const cannotResolve =
    "E: Failed to fetch http://mirror.example/x.deb  Could not resolve 'mirror.example'\nE: Download Failed";
  t.like(downloadError(cannotResolve), { code: 'UNREACHABLE' });
  t.regex(downloadError(cannotResolve)?.message ?? '', /Could not resolve 'mirror.example'/);
  t.like(downloadError('E: Failed to fetch http://m/x.deb  Error writing: No space left on device'), {
    code: 'STORE_FULL',
  });
  t.is(downloadError('E: Failed to fetch http://m/x.deb  404  Not Found [IP: 127.0.0.1 80]'), undefined);
});

/** A mirror on loopback with these files; counts what it was asked for. */
const startMirror = async (t: ExecutionContext, files: Record<string, string>) => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const file = (request.url ?? '').slice(1);
    asked.push(file);
    const content = files[file];
    response.writeHead(content === undefined ? 404 : 200).end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const main = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { mirror: async () => ({ main, security: main }), asked };
};

const packageOf = (name: string, content: string): LockedPackage =>
  lockedPackage(name, {
    sizeBytes: content.length,
    sha256: createHash('sha256').update(content).digest('hex'),
  });

test('only what the cache does not have whole is fetched', async (t) => {
  const folder = await temporaryFolder(t);
  const [one, other] = [packageOf('one', 'first package'), packageOf('other', 'second package')];
  const { mirror, asked } = await startMirror(t, {
    [one.path]: 'first package',
    [other.path]: 'second package',
  });
  t.is(await downloadPackages([one, other], folder, mirror), 'complete');
  t.deepEqual(asked.toSorted(), [one.path, other.path].toSorted());
  await writeFile(packageFile(folder, other), 'second packagE');
  t.is(await downloadPackages([one, other], folder, mirror), 'complete');
  t.deepEqual(asked.slice(2), [other.path], 'the damaged one again, the whole one not');
  t.is(await readFile(packageFile(folder, other), 'utf8'), 'second package');
  t.is(
    await downloadPackages([one, other], folder, () => t.fail('no mirror is needed') as never),
    'complete',
  );
});

test('a package with another SHA-256 than the lock’s is refused and not kept', async (t) => {
  const folder = await temporaryFolder(t);
  const wanted = packageOf('kmod', 'as it was locked');
  const { mirror } = await startMirror(t, { [wanted.path]: 'as it was forged' });
  await t.throwsAsync(downloadPackages([wanted], folder, mirror), {
    code: 'PACKAGE_MISMATCH',
    message: /kmod_1\.0-1_amd64\.deb is not the package that boot\/boot\.lock\.json names/,
  });
  t.false((await readdir(folder)).some((name) => name.endsWith('.deb')));
});

test('a package that the mirror has replaced is told apart from a mirror that is away', async (t) => {
  const folder = await temporaryFolder(t);
  const gone = packageOf('gone', 'an older version');
  const { mirror } = await startMirror(t, {});
  t.is(await downloadPackages([gone], folder, mirror), 'replaced-on-mirror');
  const away = { main: 'http://127.0.0.1:9', security: 'http://127.0.0.1:9' };
  await t.throwsAsync(
    downloadPackages([gone], folder, async () => away),
    { code: 'UNREACHABLE', message: /check the network/ },
  );
});
