import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import { openStoreAt } from '../../../src/image/store/store-place.ts';
import { publishChunks } from '../publish-chunks.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { startS3 } from './s3-server.ts';

const blocks = (count: number) => Array.from({ length: count }, () => randomBytes(20_000));

test('a lost appliance comes back from its bucket: images, signatures, used numbers, every chunk', async (t) => {
  const server = await startS3(t);
  const folder = await temporaryFolder(t);
  const keysFolder = path.join(folder, 'keys');
  const openIn = (name: string) =>
    openStoreAt({ folder: path.join(folder, name), keysFolder, bucket: server.access({ prefix: 'lab/' }) });
  const store = await openIn('images');
  await publishChunks(store, 'debian', blocks(4));
  await publishChunks(store, 'debian', blocks(3));
  await publishChunks(store, 'debian', blocks(2));
  await store.remove('debian@2');
  const before = await store.list();
  await store.close();
  await rm(path.join(folder, 'images'), { recursive: true });

  const again = await openIn('elsewhere');
  t.deepEqual(await again.list(), before);
  t.like(await again.verify('debian@1'), { chunks: 4, bad: [] });
  t.like(await again.verify('debian@3'), { chunks: 2, bad: [] });
  const { image } = await publishChunks(again, 'debian', blocks(1));
  t.is(image.manifest.version, 4);
  await again.close();
});

test('a bucket that is away while an image is published: the call fails, and repeated it is all there', async (t) => {
  const server = await startS3(t);
  const folder = await temporaryFolder(t);
  const keysFolder = path.join(folder, 'keys');
  const bucket = server.access({ giveUpAfterSeconds: 0 });
  const openIn = (name: string) => openStoreAt({ folder: path.join(folder, name), keysFolder, bucket });
  const store = await openIn('images');
  const parts = blocks(3);
  await publishChunks(store, 'debian', blocks(1));
  await server.stop();
  await t.throwsAsync(publishChunks(store, 'debian', parts), { code: 'UNREACHABLE' });
  await server.start();
  await publishChunks(store, 'debian', parts);
  await store.close();
  const again = await openIn('elsewhere');
  t.deepEqual((await again.list()).map(({ manifest }) => manifest.version).sort(), [1, 2]);
  t.deepEqual((await again.verify('debian@2')).bad, []);
  await again.close();
});
