import { randomBytes } from 'node:crypto';
import { access, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import { sha256Hex } from '../../src/core/ids.ts';
import { openSourceStore, type SourceFile } from '../../src/sources/source-store.ts';
import { temporaryFolder } from '../image/temporary-folder.ts';
import { tool } from '../image/tool.ts';
import { makeIso, makePlainIso, writeFiles } from './media.ts';

const at = '2026-11-27T10:00:00.000Z';

const bytesOf = async (file: SourceFile): Promise<Buffer> => {
  const bytes = Buffer.alloc(file.sizeBytes);
  for (let done = 0; done < bytes.length; ) done += await file.read(bytes.subarray(done), done);
  return bytes;
};

const kernel = randomBytes(100_000);
const netboot = {
  'version.info': 'Debian version:  12 (bookworm)\nInstaller build: 20230607+deb12u15\n',
  'debian-installer/amd64/linux': kernel,
  'debian-installer/amd64/initrd.gz': 'initrd',
  'debian-installer/amd64/bootnetx64.efi': 'shim',
  'debian-installer/amd64/grubx64.efi': 'GRUB',
  'debian-installer/amd64/pxelinux.0': 'pxelinux',
  'pxelinux.0': '-> debian-installer/amd64/pxelinux.0',
};
const found = {
  system: 'debian',
  release: '12',
  architecture: 'x64',
  kernel: 'debian-installer/amd64/linux',
  initrds: ['debian-installer/amd64/initrd.gz'],
  loaders: {
    shim: 'debian-installer/amd64/bootnetx64.efi',
    grub: 'debian-installer/amd64/grubx64.efi',
  },
} as const;

test('an archive, a folder and an ISO are taken in, kept over a restart, replaced and removed', async (t) => {
  const folder = await temporaryFolder(t);
  const tree = path.join(folder, 'netboot');
  const root = path.join(folder, 'sources');
  await writeFiles(tree, netboot);
  const archive = path.join(folder, 'netboot.tar.gz');
  await tool('tar', '-czf', archive, '-C', tree, '.');
  const iso = path.join(folder, 'debian.iso');
  await makeIso(tree, iso, '-V', 'Debian');
  const store = await openSourceStore(root);
  const digest = sha256Hex(await readFile(archive));
  const seen: number[] = [];
  const onProgress = ({ doneBytes }: { doneBytes: number }) => void seen.push(doneBytes);
  t.like(await store.import({ name: 'archive', path: archive, at, onProgress }), {
    ...found,
    kind: 'netboot',
    digest,
    importedAt: at,
    fileCount: 6,
  });
  t.is(seen.at(-1), (await readFile(archive)).length);
  t.like(await store.import({ name: 'folder', path: tree, at }), { ...found, kind: 'folder' });
  t.like(await store.import({ name: 'iso', path: iso, at }), {
    ...found,
    kind: 'iso',
    label: 'Debian',
    digest: sha256Hex(await readFile(iso)),
  });
  await store.close();

  const again = await openSourceStore(root);
  t.teardown(() => again.close());
  t.deepEqual(
    again.list().map(({ name }) => name),
    ['archive', 'folder', 'iso'],
  );
  for (const name of ['archive', 'folder', 'iso']) {
    const linux = await again.open(name, 'debian-installer/amd64/linux');
    t.deepEqual(await bytesOf(linux), kernel, name);
    const linked = await again.open(name, 'pxelinux.0');
    t.is((await bytesOf(linked)).toString(), 'pxelinux');
    for (const file of [linux, linked]) await file.close();
  }
  const held = await again.open('iso', 'debian-installer/amd64/linux');
  await writeFiles(path.join(folder, 'other'), { vmlinuz: 'other' });
  await makeIso(path.join(folder, 'other'), iso);
  await again.import({ name: 'iso', path: iso, told: { kernel: 'vmlinuz', system: 'arch' }, at });
  t.like(again.get('iso'), { system: 'arch', kernel: 'vmlinuz', initrds: [] });
  t.deepEqual(await bytesOf(held), kernel, 'who reads the old one goes on');
  await held.close();
  await again.remove('iso');
  t.throws(() => again.get('iso'), { code: 'SOURCE_NOT_FOUND' });
  await t.throwsAsync(again.open('iso', 'vmlinuz'), { code: 'SOURCE_NOT_FOUND' });
  t.deepEqual((await readdir(root)).sort(), ['archive', 'folder']);
});

test('what is none, damaged or leads out is refused and leaves nothing', async (t) => {
  const folder = await temporaryFolder(t);
  const root = path.join(folder, 'sources');
  const store = await openSourceStore(root);
  t.teardown(() => store.close());
  const tree = path.join(folder, 'tree');
  await writeFiles(tree, netboot);
  const refusal = (file: string, message: RegExp, told = {}) =>
    t.throwsAsync(store.import({ name: 'x', path: file, at, told }), { code: 'SOURCE_INVALID', message });
  await refusal(path.join(folder, 'nothing'), /ENOENT/);
  await refusal('/dev/null', /neither a file nor a folder/);
  await writeFile(path.join(folder, 'text'), 'text '.repeat(10_000));
  await refusal(path.join(folder, 'text'), /no ISO image/);
  await refusal(tree, /no file boot\/vmlinuz/, { kernel: 'boot/vmlinuz' });
  const archive = path.join(folder, 'a.tar.gz');
  await tool('tar', '-czf', archive, '-C', tree, '.');
  const whole = await readFile(archive);
  await writeFile(archive, whole.subarray(0, whole.length / 2));
  await refusal(archive, /cut short/);
  await tool(
    'tar',
    '-cPf',
    archive,
    '--transform',
    's,.*version.info,../../escape,',
    path.join(tree, 'version.info'),
  );
  await refusal(archive, /escape/);
  await t.throwsAsync(access(path.join(folder, 'escape')));
  t.deepEqual(await readdir(root), []);
});

test('an import that would leave less than the reserve free is refused before it begins', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFiles(path.join(folder, 'tree'), netboot);
  const store = await openSourceStore(path.join(folder, 'sources'), { reserveBytes: 2 ** 52 });
  t.teardown(() => store.close());
  const refused = store.import({ name: 'x', path: path.join(folder, 'tree'), at });
  await t.throwsAsync(refused, { code: 'STORE_FULL', message: /greif source remove/ });
});

test('an import that is stopped leaves nothing', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFiles(path.join(folder, 'tree'), { large: Buffer.alloc(64 * 1024 ** 2, 1) });
  await makePlainIso(path.join(folder, 'tree'), path.join(folder, 'a.iso'), '-R');
  // So long that it cannot be through before it is stopped.
  await truncate(path.join(folder, 'a.iso'), 2 ** 31);
  const store = await openSourceStore(path.join(folder, 'sources'));
  t.teardown(() => store.close());
  const stop = new AbortController();
  const importing = store.import({
    name: 'x',
    path: path.join(folder, 'a.iso'),
    at,
    signal: stop.signal,
    onProgress: () => stop.abort(),
  });
  await t.throwsAsync(importing);
  t.deepEqual(store.list(), []);
  t.deepEqual(await readdir(path.join(folder, 'sources')), []);
});
