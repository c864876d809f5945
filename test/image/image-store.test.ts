import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { sha256Hex } from '../../src/core/ids.ts';
import { chunkId, packChunk } from '../../src/image/format/chunk.ts';
import { isSignedBy } from '../../src/image/format/signature.ts';
import { openKeyRing } from '../../src/image/keys/key-ring.ts';
import type { ChunkId } from '../../src/image/ports.ts';
import { type ImageStore, openImageStore } from '../../src/image/store/image-store.ts';
import { flipBit, recordOf } from './pack-files.ts';
import { publishChunks as publish } from './publish-chunks.ts';
import { newSampleKey } from './sample-key.ts';
import { keysFolderOf, storeWithKeys } from './store-with-keys.ts';
import { temporaryFolder } from './temporary-folder.ts';

const openStore = async (t: ExecutionContext) => storeWithKeys(path.join(await temporaryFolder(t), 'images'));
const part = () => randomBytes(20_000);
const refs = async (store: ImageStore) =>
  (await store.list()).map(({ manifest: { name, version } }) => `${name}@${version}`);

test('versions: the newest by name, any by number, the exact bytes and their digest', async (t) => {
  const store = await openStore(t);
  await publish(store, 'debian', [part()]);
  await publish(store, 'debian', [part()]);
  await publish(store, 'arch', [part()]);
  t.deepEqual(await refs(store), ['arch@1', 'debian@2', 'debian@1']);
  t.is((await store.get('debian')).manifest.version, 2);
  const { text, digest, manifest } = await store.get('debian@1');
  t.is(manifest.version, 1);
  t.is(text, await readFile(path.join(store.folder, 'manifests/debian/1.json'), 'utf8'));
  t.is(digest, sha256Hex(text));
});

test('each version is signed beside its exact bytes, and names the version before it', async (t) => {
  const store = await openStore(t);
  const first = (await publish(store, 'debian', [part()])).image;
  const second = (await publish(store, 'debian', [part()])).image;
  t.is(first.manifest.parent, undefined);
  t.deepEqual(second.manifest.parent, { ref: 'debian@1', digest: first.digest });
  const ring = await openKeyRing(keysFolderOf(store.folder));
  const signature = await readFile(path.join(store.folder, 'manifests/debian/2.sig'));
  t.true(isSignedBy(ring.publicKey(), second.text, signature.toString('base64url')));
});

test('only a manifest that a trusted key signed is handed out', async (t) => {
  const store = await openStore(t);
  const { text } = (await publish(store, 'debian', [part()])).image;
  const at = (name: string) => path.join(store.folder, 'manifests/debian', name);
  const signature = await readFile(at('1.sig'));
  const untrusted = { code: 'MANIFEST_UNTRUSTED', message: /debian@1 is not to be trusted/ };
  await writeFile(at('1.json'), text.replace('x.raw', 'y.raw'));
  await t.throwsAsync(store.get('debian'), untrusted);
  await t.throwsAsync(store.verify('debian'), untrusted);
  await writeFile(at('1.json'), text);
  await writeFile(at('1.sig'), Buffer.from(newSampleKey().sign(text), 'base64url'));
  await t.throwsAsync(store.get('debian'), untrusted);
  await rm(at('1.sig'));
  await t.throwsAsync(store.get('debian'), untrusted);
  // It is listed all the same, and can be removed; its chunks are not taken for unneeded.
  t.deepEqual(await refs(store), ['debian@1']);
  await writeFile(at('1.sig'), signature);
  t.is((await store.get('debian')).text, text);
});

test('verify holds the indexes against the manifest', async (t) => {
  const store = await openStore(t);
  const { image, index } = await publish(store, 'debian', [part()]);
  const { version: _, contentDigest: __, ...draft } = image.manifest;
  const [volume] = draft.volumes;
  if (!volume) return t.fail();
  for (const wrong of [{ digest: index }, { chunkCount: 2 }, { sizeBytes: volume.sizeBytes + 512 }]) {
    await store.publish({ ...draft, name: 'wrong', volumes: [{ ...volume, ...wrong }] });
    await t.throwsAsync(store.verify('wrong'), { code: 'INDEX_INVALID', message: /not about the volume/ });
  }
});

test('the same content once more is a new version where the present one is not to be trusted', async (t) => {
  const store = await openStore(t);
  const bytes = part();
  await publish(store, 'debian', [bytes]);
  t.is((await publish(store, 'debian', [bytes])).image.manifest.version, 1);
  await rm(path.join(store.folder, 'manifests/debian/1.sig'));
  t.is((await publish(store, 'debian', [bytes])).image.manifest.version, 2);
});

test('after a rotation what the former key signed is signed again', async (t) => {
  const folder = await temporaryFolder(t);
  const keys = await openKeyRing(path.join(folder, 'keys'));
  const store = await openImageStore(path.join(folder, 'images'), keys);
  const { image } = await publish(store, 'debian', [part()]);
  const former = keys.publicKey();
  await keys.rotate();
  t.is((await store.get('debian')).signature, image.signature);
  t.is(await store.signAgain(), 1);
  t.is(await store.signAgain(), 0);
  await keys.distrust(former);
  const { text, signature } = await store.get('debian');
  t.is(text, image.text);
  t.true(isSignedBy(keys.publicKey(), text, signature));
});

test('what is not there, or tries to leave the store, is IMAGE_NOT_FOUND', async (t) => {
  const store = await openStore(t);
  await publish(store, 'debian', [part()]);
  for (const ref of [
    'arch',
    'debian@2',
    'debian@0',
    'debian@01',
    '../manifests/debian',
    'debian@',
    '',
    'Debian',
  ]) {
    await t.throwsAsync(store.get(ref), { code: 'IMAGE_NOT_FOUND' }, ref);
    await t.throwsAsync(store.remove(ref), { code: 'IMAGE_NOT_FOUND' }, ref);
  }
  t.is(await store.index('../../manifests/debian/1.json'), undefined);
  t.is(await store.index('0'.repeat(64)), undefined);
});

test('two that publish at once get two versions', async (t) => {
  const store = await openStore(t);
  const all = await Promise.all([part(), part(), part()].map((bytes) => publish(store, 'debian', [bytes])));
  t.deepEqual(all.map(({ image }) => image.manifest.version).sort(), [1, 2, 3]);
});

test('verify names each bad chunk, why, and the volume', async (t) => {
  const first = await openStore(t);
  const parts = [part(), part(), part(), part()];
  // Each in a pack of its own.
  for (const bytes of parts) {
    await first.chunks.put(chunkId(bytes), await packChunk(bytes));
    await first.chunks.writer.seal();
  }
  const { ids } = await publish(first, 'debian', parts);
  const [good, flipped, other, gone] = ids as [ChunkId, ChunkId, ChunkId, ChunkId];
  const damaged = recordOf(first, flipped);
  await flipBit(damaged.file, damaged.offset + 9000);
  await first.chunks.put(other, (await first.chunks.get(good)) as Buffer);
  await rm(recordOf(first, gone).file);
  const store = await storeWithKeys(first.folder);
  const progress: number[] = [];
  const found = await store.verify('debian', {
    onProgress: ({ doneBytes }) => void progress.push(doneBytes),
  });
  t.deepEqual(
    found.bad.map(({ id, volume }) => [id, volume]),
    [flipped, other, gone].map((id) => [id, 'partition 1']),
  );
  t.regex(found.bad[0]?.reason ?? '', new RegExp(`checksum \\(pack ${damaged.pack}, byte 8\\)`));
  t.regex(found.bad[1]?.reason ?? '', new RegExp(`hash to ${good}`));
  t.is(found.bad[2]?.reason, 'it is missing');
  t.like(found, { chunks: 4, bytes: 80_000 });
  t.deepEqual(progress, [20_000, 40_000, 60_000, 80_000]);
  await t.throwsAsync(store.verify('debian', { signal: AbortSignal.abort(new Error('stop')) }), {
    message: 'stop',
  });
});

test('removing takes what nothing else needs, and never gives a number again', async (t) => {
  const store = await openStore(t);
  const shared = part();
  const first = await publish(store, 'debian', [shared, part()]);
  const second = await publish(store, 'debian', [shared, part()]);
  t.deepEqual(await store.remove('debian@2'), ['debian@2']);
  t.true(await store.chunks.has(first.ids[0] as ChunkId));
  t.true(await store.chunks.has(first.ids[1] as ChunkId));
  t.false(await store.chunks.has(second.ids[1] as ChunkId));
  t.is(await store.index(second.index), undefined);
  t.deepEqual((await store.verify('debian')).bad, []);
  t.is((await publish(store, 'debian', [part()])).image.manifest.version, 3);
  t.deepEqual(await store.remove('debian'), ['debian@3', 'debian@1']);
  t.deepEqual(await readdir(path.join(store.folder, 'indexes')), []);
  for await (const id of store.chunks.list()) t.fail(id);
});

test('what somebody who holds has asked for is not collected until then', async (t) => {
  const store = await openStore(t);
  const { ids } = await publish(store, 'old', [part()]);
  const held = await store.holdChunks();
  t.true(await store.chunks.has(ids[0] as ChunkId));
  await store.remove('old');
  t.deepEqual(await refs(store), []);
  t.true(await store.chunks.has(ids[0] as ChunkId));
  await held.release();
  await store.collect();
  t.false(await store.chunks.has(ids[0] as ChunkId));
});

test('nothing is removed when it is not known what is needed', async (t) => {
  const store = await openStore(t);
  const { index } = await publish(store, 'kept', [part()]);
  const doomed = await publish(store, 'doomed', [part()]);
  await rm(path.join(store.folder, 'indexes', `${index}.caibx`));
  await t.throwsAsync(store.remove('doomed'), { code: 'INDEX_INVALID' });
  t.true(await store.chunks.has(doomed.ids[0] as ChunkId));
});

test('leftovers of interrupted work go with a removal; work that can be taken up again stays', async (t) => {
  const store = await openStore(t);
  await publish(store, 'old', [part()]);
  const at = (...parts: string[]) => path.join(store.folder, ...parts);
  for (const name of ['recent', 'ancient']) await mkdir(at('imports', name));
  await utimes(at('imports/ancient'), 1, 1);
  await store.remove('old');
  t.deepEqual(await readdir(at('imports')), ['recent']);
});

test('a damaged manifest or index is told apart from a missing one', async (t) => {
  const store = await openStore(t);
  const { index } = await publish(store, 'debian', [part()]);
  await writeFile(path.join(store.folder, 'indexes', `${index}.caibx`), 'x');
  await t.throwsAsync(store.index(index), { code: 'INDEX_INVALID' });
  for (const text of ['{', '{}', '{"format":"greif-image/9"}']) {
    await writeFile(path.join(store.folder, 'manifests/debian/1.json'), text);
    await t.throwsAsync(store.get('debian'), { code: 'MANIFEST_INVALID' });
  }
});
