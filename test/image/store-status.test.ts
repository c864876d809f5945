import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import { importImage } from '../../src/image/import/import.ts';
import { openKeyRing } from '../../src/image/keys/key-ring.ts';
import { wholeMountPoints } from '../../src/image/store/disks.ts';
import { freeSpace } from '../../src/image/store/free-space.ts';
import { openImageStore } from '../../src/image/store/image-store.ts';
import { storeStatus } from '../../src/image/store/status.ts';
import { flipBit, packFile, recordOf } from './pack-files.ts';
import { publishChunks } from './publish-chunks.ts';
import { makeSampleDisk } from './sample-disk.ts';
import { keysFolderOf, storeWithKeys } from './store-with-keys.ts';
import { temporaryFolder } from './temporary-folder.ts';

const parts = (count: number) => Array.from({ length: count }, () => randomBytes(20_000));

test('status: packs, garbage, room, and the disk that holds the store', async (t) => {
  const store = await storeWithKeys(path.join(await temporaryFolder(t), 'images'));
  await publishChunks(store, 'debian', parts(4));
  const lost = randomBytes(100_000);
  await store.chunks.put('ab'.repeat(32) as never, lost);
  const status = await storeStatus(store, 1234);
  t.like(status, { images: 1, packs: 1, openPacks: 1, chunks: 5, reserveBytes: 1234 });
  t.true(Math.abs(status.garbageBytes - lost.length) < 1000);
  t.true(status.packBytes > status.garbageBytes);
  const { totalBytes } = await freeSpace(store.folder);
  t.is(status.totalBytes, totalBytes);
  const [own] = status.disks.filter(({ holdsStore }) => holdsStore);
  t.truthy(own?.mountPoint.startsWith('/'));
  t.true(Math.abs((own?.totalBytes ?? 0) - totalBytes) < totalBytes / 10);
  t.true(((await store.collect())?.freedBytes ?? 0) > 90_000);
});

test('a mount point with blanks is shown whole', (t) => {
  const disk = { device: '/dev/sdb1', mountPoint: '/mnt/My', totalBytes: 1, usedBytes: 1, freeBytes: 0 };
  const mounts = '/dev/sda1 / ext4 rw 0 0\n/dev/sdb1 /mnt/My\\040old\\040Disk ext4 rw 0 0\n';
  t.is(wholeMountPoints([disk], mounts)[0]?.mountPoint, '/mnt/My old Disk');
  t.is(wholeMountPoints([{ ...disk, mountPoint: '/' }], mounts)[0]?.mountPoint, '/');
  t.is(wholeMountPoints([disk], '')[0]?.mountPoint, '/mnt/My');
});

test('the reserve: an import is refused before it begins, and removing images still works', async (t) => {
  const folder = await temporaryFolder(t);
  const images = path.join(folder, 'images');
  await mkdir(images);
  const store = await storeWithKeys(images);
  await publishChunks(store, 'old', parts(3));
  const file = path.join(folder, 'disk.raw');
  await makeSampleDisk(file);
  // Lets its open pack go, which nobody else can collect.
  await store.close();
  const reserveBytes = (await freeSpace(images)).freeBytes + 2 ** 40;
  const full = await openImageStore(images, await openKeyRing(keysFolderOf(images)), { reserveBytes });
  await t.throwsAsync(importImage({ name: 'debian', file, store: full }), {
    code: 'STORE_FULL',
    message: /kept in reserve/,
  });
  await t.throwsAsync(full.chunks.put('ab'.repeat(32) as never, randomBytes(10)), { code: 'STORE_FULL' });
  await full.remove('old');
  t.is(full.chunks.shelf.table.count, 0);
});

test('verify: a sample looks at a share of the chunks, and always at the indexes of packs', async (t) => {
  const store = await storeWithKeys(path.join(await temporaryFolder(t), 'images'));
  const { ids } = await publishChunks(store, 'debian', parts(100));
  await store.chunks.writer.seal();
  const some = await store.verify('debian', { samplePercent: 10 });
  t.true(some.chunks > 0 && some.chunks < 60 && some.bad.length === 0, `${some.chunks}`);
  const { file, offset, pack } = recordOf(store, ids[50] as never);
  await flipBit(file, offset + 1000);
  t.like((await store.verify('debian')).bad[0], { id: ids[50], volume: 'partition 1' });
  await flipBit(packFile(store.folder, pack), -100);
  t.like(await store.verify('debian', { samplePercent: 0.01, random: () => 0.5 }), {
    chunks: 1,
    packs: [{ pack, reason: 'its index is damaged; its chunks can still be found by their records' }],
  });
});

test('another process that counts on chunks keeps garbage from being collected until it ends', async (t) => {
  const folder = path.join(await temporaryFolder(t), 'images');
  const [appliance, other] = [await storeWithKeys(folder), await storeWithKeys(folder)];
  const { ids } = await publishChunks(appliance, 'debian', parts(2));
  const held = await other.holdChunks();
  t.true(await other.chunks.has(ids[0] as never));
  await appliance.remove('debian');
  t.is(await appliance.collect(), undefined);
  t.true(await appliance.chunks.has(ids[0] as never));
  await held.release(); // collects: a removal is due
  t.truthy(await appliance.collect());
  t.false(await appliance.chunks.has(ids[0] as never));
});
