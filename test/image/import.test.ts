import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, rename, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import { type ImportProgress, importImage } from '../../src/image/import/import.ts';
import { startImport } from '../../src/image/import/start-import.ts';
import { takeLock } from '../../src/image/store/lock.ts';
import { flipBit, recordOf } from './pack-files.ts';
import { restoreDisk } from './restore.ts';
import { makeSampleDisk, sfdisk, writeAt } from './sample-disk.ts';
import { keysFolderOf, storeWithKeys } from './store-with-keys.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { tool } from './tool.ts';

const mib = 1024 * 1024;

test('an imported disk comes back byte for byte', async (t) => {
  const folder = await temporaryFolder(t);
  const file = path.join(folder, 'disk.raw');
  await makeSampleDisk(file);
  const store = await storeWithKeys(path.join(folder, 'images'));
  const seen: ImportProgress[] = [];
  const manifest = await importImage({
    name: 'debian',
    file,
    store,
    onProgress: (now) => void seen.push(now),
  });
  const disk = await readFile(file);
  const used = disk.length - 7 * mib; // behind the last partition is only the backup table
  t.true((await restoreDisk(store, manifest)).subarray(0, used).equals(disk.subarray(0, used)));
  t.like(manifest, { name: 'debian', version: 1, diskSizeBytes: 52 * mib, source: { format: 'raw' } });
  t.is(manifest.minimumDiskBytes, 45 * mib + 33 * 512);
  t.deepEqual(
    manifest.volumes.map(({ kind, partition, firstByte }) => [kind, partition, firstByte]),
    [
      ['head', undefined, 0],
      ['partition', 1, mib],
      ['partition', 2, 9 * mib],
    ],
  );
  t.like(manifest.volumes[2]?.fileSystem, { type: 'ext4', label: 'system' });
  t.is(manifest.volumes[1]?.dataBytes, 0);
  t.true((manifest.volumes[2]?.dataBytes ?? 0) >= 4 * mib);
  t.like(seen.at(-1), { doneBytes: 45 * mib, totalBytes: 45 * mib });
  t.deepEqual((await store.verify('debian')).bad, []);
  t.deepEqual(await readdir(path.join(folder, 'images/imports')), []);
});

test('the same content is the version that is there; new content is the next', async (t) => {
  const folder = await temporaryFolder(t);
  const file = path.join(folder, 'disk.raw');
  await makeSampleDisk(file);
  const store = await storeWithKeys(path.join(folder, 'images'));
  const once = await importImage({ name: 'debian', file, store });
  await tool('cp', '--sparse=always', file, `${file}.copy`);
  t.deepEqual(await importImage({ name: 'debian', file: `${file}.copy`, store }), once);
  await writeAt(file, 20 * mib, Buffer.alloc(1000, 'changed'));
  let last: ImportProgress | undefined;
  const next = await importImage({ name: 'debian', file, store, onProgress: (now) => (last = now) });
  t.is(next.version, 2);
  // The place itself, and what lies between it and the next boundary that both versions have.
  const { newChunks, reusedChunks } = last ?? t.fail();
  t.true(
    newChunks >= 1 && newChunks <= 8 && reusedChunks > 8 * newChunks,
    `${newChunks} new, ${reusedChunks} reused`,
  );
  t.like((await store.get('debian')).manifest, { version: 2 });
});

test('importing again mends a chunk that went bad in the store, its bytes or its head', async (t) => {
  const folder = await temporaryFolder(t);
  const file = path.join(folder, 'disk.raw');
  await makeSampleDisk(file);
  const store = await storeWithKeys(path.join(folder, 'images'));
  const once = await importImage({ name: 'debian', file, store });
  const [bad, gone] = (await Array.fromAsync(store.chunks.list())).slice(-20, -18);
  if (!bad || !gone) return t.fail();
  for (const [id, at] of [
    [bad, 60],
    [gone, 20],
  ] as const) {
    const { file: pack, offset } = recordOf(store, id);
    await flipBit(pack, offset + at);
  }
  t.is((await store.verify('debian')).bad.length, 2);
  let last: ImportProgress | undefined;
  t.deepEqual(await importImage({ name: 'debian', file, store, onProgress: (now) => (last = now) }), once);
  t.is(last?.newChunks, 2);
  t.deepEqual((await store.verify('debian')).bad, []);
});

test('an MBR disk with logical partitions keeps the records between them', async (t) => {
  const folder = await temporaryFolder(t);
  const file = path.join(folder, 'disk.raw');
  await writeFile(file, '');
  await truncate(file, 32 * mib);
  await sfdisk(
    file,
    'label: dos\nd1: size=4M,type=83\nd2: size=20M,type=5\nd5: size=4M,type=83\nd6: size=4M,type=83\n',
  );
  await writeAt(file, 6 * mib, randomBytes(50_000));
  const store = await storeWithKeys(path.join(folder, 'images'));
  const manifest = await importImage({ name: 'old', file, store });
  t.deepEqual(
    manifest.volumes.map(({ kind, partition }) => partition ?? kind),
    ['head', 1, 'gap', 5, 'gap', 6],
  );
  const disk = await readFile(file);
  t.true((await restoreDisk(store, manifest)).equals(disk));
});

/** What holds the lock of an import that was killed hears of it a moment later. */
const untilLetGo = async (imports: string): Promise<void> => {
  for (const name of await readdir(imports)) {
    const lock = await takeLock(path.join(imports, name, 'lock'), 'exclusive', { wait: true });
    await lock?.release();
  }
};

for (const cause of ['SIGKILL', 'abort'] as const)
  test(`an import that ends half-way goes on where it was: ${cause}`, async (t) => {
    const folder = await temporaryFolder(t);
    const file = path.join(folder, 'disk.raw');
    await makeSampleDisk(file, { dataMib: 80 });
    const images = path.join(folder, 'images');
    const stop = new AbortController();
    const enough = ({ doneBytes, totalBytes }: ImportProgress) => doneBytes > totalBytes * 0.5;
    if (cause === 'abort') {
      const onProgress = (now: ImportProgress) => enough(now) && stop.abort(new Error('enough'));
      const store = await storeWithKeys(images);
      const run = importImage({ name: 'debian', file, store, onProgress, signal: stop.signal });
      await t.throwsAsync(run, { message: 'enough' });
    } else {
      const child = fork(path.join(import.meta.dirname, '../../src/image/import/import-process.ts'));
      child.send({ place: { folder: images, keysFolder: keysFolderOf(images) }, name: 'debian', file });
      child.on('message', (message: { progress?: ImportProgress }) => {
        if (message.progress && enough(message.progress)) child.kill('SIGKILL');
      });
      const [, signal] = await once(child, 'close');
      t.is(signal, 'SIGKILL');
      await untilLetGo(path.join(images, 'imports'));
    }
    const store = await storeWithKeys(images);
    t.deepEqual(await store.list(), []);
    const seen: ImportProgress[] = [];
    const resumed = await importImage({
      name: 'debian',
      file,
      store,
      onProgress: (now) => void seen.push(now),
    });
    t.true((seen[0]?.doneBytes ?? 0) > 20 * mib, `began again at ${seen[0]?.doneBytes}`);
    const fresh = await storeWithKeys(path.join(folder, 'fresh'));
    t.is(resumed.contentDigest, (await importImage({ name: 'debian', file, store: fresh })).contentDigest);
    t.deepEqual((await store.verify('debian')).bad, []);
  });

test('a file that changes is not taken for the one that was begun', async (t) => {
  const folder = await temporaryFolder(t);
  const file = path.join(folder, 'disk.raw');
  await makeSampleDisk(file);
  const store = await storeWithKeys(path.join(folder, 'images'));
  let changed: Promise<void> | undefined;
  const onProgress = () => {
    changed ??= writeAt(file, 3 * mib, randomBytes(10));
  };
  await t.throwsAsync(importImage({ name: 'debian', file, store, onProgress }), {
    code: 'IMAGE_SOURCE_INVALID',
    message: /changed while it was read/,
  });
  await changed;
  t.deepEqual(await store.list(), []);
  t.is((await importImage({ name: 'debian', file, store })).version, 1);
});

test('one file is imported by one at a time', async (t) => {
  const folder = await temporaryFolder(t);
  const file = path.join(folder, 'disk.raw');
  await makeSampleDisk(file);
  const store = await storeWithKeys(path.join(folder, 'images'));
  const runs = await Promise.allSettled([1, 2].map(() => importImage({ name: 'debian', file, store })));
  const refused = runs.find((run) => run.status === 'rejected');
  if (refused) t.is(refused.reason.code, 'IMAGE_IN_USE');
  t.is((await store.list()).length, 1);
});

test('a name that cannot be is refused', async (t) => {
  const store = await storeWithKeys(await temporaryFolder(t));
  for (const name of ['', '../x', 'Debian', 'a b', 'x'.repeat(64), 'a@1'])
    await t.throwsAsync(importImage({ name, file: '/dev/null', store }), { code: 'BAD_REQUEST' }, name);
});

test('in a process of its own: progress, result, failure and cancelling', async (t) => {
  const folder = await temporaryFolder(t);
  const file = path.join(folder, 'disk.raw');
  await makeSampleDisk(file);
  const images = path.join(folder, 'images');
  const seen: ImportProgress[] = [];
  const manifest = await startImport({
    place: { folder: images, keysFolder: keysFolderOf(images) },
    name: 'debian',
    file,
    onProgress: (now) => void seen.push(now),
  });
  t.is(manifest.version, 1);
  t.is(seen.at(-1)?.doneBytes, seen.at(-1)?.totalBytes);
  await rename(file, `${file}.away`);
  await t.throwsAsync(
    startImport({ place: { folder: images, keysFolder: keysFolderOf(images) }, name: 'debian', file }),
    {
      code: 'IMAGE_SOURCE_INVALID',
      message: /disk.raw cannot be imported: there is no such file/,
    },
  );
  // Work for minutes, however slowly the signal arrives.
  const large = path.join(folder, 'large.raw');
  await writeFile(large, '');
  await truncate(large, 1024 ** 4);
  await sfdisk(large, 'label: gpt\ntype=linux\n');
  const stop = new AbortController();
  const cancelled = startImport({
    place: { folder: images, keysFolder: keysFolderOf(images) },
    name: 'other',
    file: large,
    onProgress: () => stop.abort(new Error('cancelled')),
    signal: stop.signal,
  });
  await t.throwsAsync(cancelled, { message: 'cancelled' });
  t.deepEqual(
    (await (await storeWithKeys(images)).list()).map((image) => image.manifest.name),
    ['debian'],
  );
});
