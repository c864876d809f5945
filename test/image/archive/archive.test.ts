import { createHash, randomBytes } from 'node:crypto';
import { copyFile, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { exportImage } from '../../../src/image/archive/export-image.ts';
import { encodeHeader } from '../../../src/image/archive/ustar.ts';
import { importFile } from '../../../src/image/import/import-file.ts';
import { openKeyRing } from '../../../src/image/keys/key-ring.ts';
import type { ChunkId } from '../../../src/image/ports.ts';
import { type ImageStore, openImageStore } from '../../../src/image/store/image-store.ts';
import { publishChunks } from '../publish-chunks.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { tool } from '../tool.ts';

const blocks = (count: number) => Array.from({ length: count }, () => randomBytes(20_000));

/** Two appliances, the second of which trusts the first, and an export of the first's image. */
const exported = async (t: ExecutionContext, parts = blocks(6)) => {
  const folder = await temporaryFolder(t);
  const appliance = async (name: string) => {
    const keys = await openKeyRing(path.join(folder, name, 'keys'));
    return { keys, store: await openImageStore(path.join(folder, name, 'images'), keys) };
  };
  const [home, away] = [await appliance('home'), await appliance('away')];
  const { image, ids } = await publishChunks(home.store, 'debian', parts);
  const file = path.join(folder, 'debian.greif');
  await exportImage({ store: home.store, ref: 'debian@1', file });
  await away.keys.trust(home.keys.publicKey(), 'home');
  return { folder, home, away, image, ids, file, parts };
};

const refs = async (store: ImageStore) =>
  (await store.list()).map(({ manifest: { name, version } }) => `${name}@${version}`);

const countingPuts = (store: ImageStore) => {
  const put: ChunkId[] = [];
  const chunks = {
    ...store.chunks,
    put: (id: ChunkId, packed: Uint8Array) => {
      put.push(id);
      return store.chunks.put(id, packed);
    },
  };
  return { store: { ...store, chunks }, put };
};

test('an export comes in elsewhere as it was: name, version, bytes, signature, every chunk', async (t) => {
  const { away, image, file } = await exported(t);
  const manifest = await importFile({ store: away.store, file });
  t.is(manifest.version, 1);
  const kept = await away.store.get('debian@1');
  t.is(kept.text, image.text);
  t.is(kept.signature, image.signature);
  t.like(await away.store.verify('debian@1'), { chunks: 6, bad: [] });
  const again = countingPuts(away.store);
  await importFile({ store: again.store, file });
  t.deepEqual(again.put, []);
  t.deepEqual(await refs(away.store), ['debian@1']);
});

test('tar unpacks it, and what is in it is casync’s: a store of chunks and an index', async (t) => {
  const { folder, file, image, parts } = await exported(t);
  const place = path.join(folder, 'unpacked');
  await tool('mkdir', place);
  await tool('tar', '-xf', file, '-C', place);
  const digest = image.manifest.volumes[0]?.index;
  const volume = path.join(folder, 'volume');
  await tool(
    'casync',
    'extract',
    '--digest=sha256',
    `--store=${place}/chunks`,
    `${place}/indexes/${digest}.caibx`,
    volume,
  );
  t.true((await readFile(volume)).equals(Buffer.concat(parts)));
});

test('the same image gives the same bytes; a file that is there is never replaced', async (t) => {
  const { home, folder, file } = await exported(t);
  const second = path.join(folder, 'second.greif');
  await exportImage({ store: home.store, ref: 'debian', file: second });
  const hash = async (name: string) =>
    createHash('sha256')
      .update(await readFile(name))
      .digest('hex');
  t.is(await hash(second), await hash(file));
  await t.throwsAsync(exportImage({ store: home.store, ref: 'debian', file }), {
    code: 'BAD_REQUEST',
    message: /is there already/,
  });
  await t.throwsAsync(exportImage({ store: home.store, ref: 'debian', file: '/nowhere/at/all' }), {
    code: 'BAD_REQUEST',
  });
  t.deepEqual(
    (await readdir(folder)).filter((name) => name.endsWith('.part')),
    [],
  );
});

test('what the store lacks is not exported in silence', async (t) => {
  const { home, folder, ids } = await exported(t);
  const { chunks } = home.store;
  const get = async (id: ChunkId) => (id === ids[3] ? undefined : chunks.get(id));
  const file = path.join(folder, 'second.greif');
  await t.throwsAsync(
    exportImage({ store: { ...home.store, chunks: { ...chunks, get } }, ref: 'debian', file }),
    {
      code: 'CHUNK_MISSING',
      message: new RegExp(ids[3] ?? '-'),
    },
  );
  await t.throwsAsync(stat(file));
});

test('an import that was interrupted goes on with what is missing', async (t) => {
  const { away, file } = await exported(t);
  let room = 4;
  const put = async (id: ChunkId, packed: Uint8Array) => {
    if (room-- <= 0) throw new Error('the power fails');
    await away.store.chunks.put(id, packed);
  };
  const failing = { ...away.store, chunks: { ...away.store.chunks, put } };
  await t.throwsAsync(importFile({ store: failing, file }), { message: 'the power fails' });
  t.deepEqual(await refs(away.store), []);
  const again = countingPuts(away.store);
  await importFile({ store: again.store, file });
  t.is(again.put.length, 2);
  t.deepEqual((await away.store.verify('debian')).bad, []);
  const stopped = importFile({ store: away.store, file, signal: AbortSignal.abort(new Error('stop')) });
  await t.throwsAsync(stopped, { message: 'stop' });
});

test('a damaged chunk of the store is replaced by that of the export', async (t) => {
  const { away, file, ids } = await exported(t);
  await importFile({ store: away.store, file });
  await away.store.chunks.put(ids[2] as ChunkId, Buffer.from('rubbish'));
  t.is((await away.store.verify('debian')).bad.length, 1);
  await importFile({ store: away.store, file });
  t.is((await away.store.verify('debian')).bad.length, 0);
});

test('a key that nobody trusts is named, with what to do; after that it is taken', async (t) => {
  const { home, away, file } = await exported(t);
  await away.keys.distrust(home.keys.publicKey());
  await t.throwsAsync(importFile({ store: away.store, file }), {
    code: 'MANIFEST_UNTRUSTED',
    message: new RegExp(`signed by the key ${home.keys.publicKey()}`),
  });
  t.deepEqual(await refs(away.store), []);
  await away.keys.trust(home.keys.publicKey(), 'home');
  await importFile({ store: away.store, file });
  t.deepEqual(await refs(away.store), ['debian@1']);
});

test('under another name it is a version of our own, signed by us', async (t) => {
  const { away, file } = await exported(t);
  await publishChunks(away.store, 'debian', blocks(1));
  await t.throwsAsync(importFile({ store: away.store, file }), {
    code: 'VERSION_TAKEN',
    message: /debian@1 is another image here/,
  });
  const manifest = await importFile({ store: away.store, file, name: 'debian-home' });
  t.like(manifest, { name: 'debian-home', version: 1 });
  t.is((await away.store.get('debian-home')).signer, away.keys.publicKey());
  t.deepEqual((await away.store.verify('debian-home')).bad, []);
});

test('a version that was removed may come back, another of its number may not', async (t) => {
  const { home, folder, file } = await exported(t);
  await home.store.remove('debian@1');
  await importFile({ store: home.store, file });
  t.deepEqual(await refs(home.store), ['debian@1']);
  await home.store.remove('debian@1');
  const other = await exported(t);
  await copyFile(other.file, path.join(folder, 'other.greif'));
  await home.keys.trust(other.home.keys.publicKey(), 'other');
  await t.throwsAsync(importFile({ store: home.store, file: path.join(folder, 'other.greif') }), {
    code: 'VERSION_TAKEN',
    message: /was removed/,
  });
});

test('cut anywhere before its last chunk it is refused, and nothing is published', async (t) => {
  const { away, folder, file } = await exported(t, blocks(2));
  const lastChunk = (await readFile(file)).lastIndexOf('chunks/');
  const cut = path.join(folder, 'cut.greif');
  const lengths = Array.from({ length: 30 }, (_, at) => Math.floor((lastChunk * at) / 30));
  for (const length of [511, 512, 513, ...lengths, lastChunk, lastChunk + 600]) {
    await copyFile(file, cut);
    await truncate(cut, length);
    // Without a whole header it is no export, and a disk image needs a name.
    const code = length < 512 ? 'BAD_REQUEST' : 'IMAGE_SOURCE_INVALID';
    await t.throwsAsync(importFile({ store: away.store, file: cut }), { code }, `cut at ${length}`);
    t.deepEqual(await refs(away.store), []);
  }
});

test('one flipped bit anywhere: refused with a code, or the image is whole all the same', async (t) => {
  const { away, folder, file } = await exported(t, blocks(2));
  const bytes = await readFile(file);
  const flipped = path.join(folder, 'flipped.greif');
  const codes = new Set<string>();
  for (let at = 100; at < bytes.length; at += 997) {
    const copy = Buffer.from(bytes);
    copy[at] = (copy[at] ?? 0) ^ (1 << (at % 8));
    await writeFile(flipped, copy);
    const failure = await importFile({ store: away.store, file: flipped }).then(
      () => undefined,
      (thrown) => thrown,
    );
    if (failure) codes.add(failure.code);
    else t.deepEqual((await away.store.verify('debian@1')).bad, [], `bit at ${at}`);
    for (const ref of await refs(away.store)) await away.store.remove(ref);
  }
  const known = [
    'IMAGE_SOURCE_INVALID',
    'MANIFEST_UNTRUSTED',
    'INDEX_INVALID',
    'CHUNK_CORRUPT',
    'CHUNK_MISSING',
    'BAD_REQUEST',
  ];
  t.deepEqual(
    [...codes].filter((code) => !known.includes(code)),
    [],
  );
  t.true(codes.has('CHUNK_CORRUPT') && codes.has('MANIFEST_UNTRUSTED'));
});

test('no file makes it write outside, unpack a bomb, or take memory', async (t) => {
  const { away, folder, file } = await exported(t, blocks(2));
  const bytes = await readFile(file);
  const firstChunk = bytes.indexOf('chunks/');
  const evil = path.join(folder, 'evil.greif');
  const insert = async (header: Buffer, body = Buffer.alloc(0)) =>
    writeFile(evil, Buffer.concat([bytes.subarray(0, firstChunk), header, body, bytes.subarray(firstChunk)]));
  const retyped = (type: string) => {
    const header = encodeHeader({ name: 'chunks/x', sizeBytes: 0 });
    header.write(type, 156);
    header.write(
      `${header
        .reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 32 : byte), 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
      148,
    );
    return header;
  };
  const id = 'a'.repeat(64);
  const headers: [Buffer, RegExp][] = [
    [encodeHeader({ name: '../../etc/passwd', sizeBytes: 0 }), /does not belong/],
    [encodeHeader({ name: '/etc/passwd', sizeBytes: 0 }), /does not belong/],
    [encodeHeader({ name: `chunks/aaaa/../${id}.cacnk`, sizeBytes: 0 }), /does not belong/],
    [encodeHeader({ name: `chunks/bbbb/${id}.cacnk`, sizeBytes: 0 }), /does not belong/],
    [encodeHeader({ name: 'manifest.json', sizeBytes: 8 ** 11 - 1 }), /manifest would have 8589934591 bytes/],
    [encodeHeader({ name: `indexes/${id}.caibx`, sizeBytes: 2 ** 32 }), /names no index/],
    [retyped('2'), /no plain file/],
    [retyped('x'), /no plain file/],
    [retyped('L'), /no plain file/],
  ];
  for (const [header, message] of headers) {
    await insert(header);
    await t.throwsAsync(importFile({ store: away.store, file: evil }), {
      code: 'IMAGE_SOURCE_INVALID',
      message,
    });
  }
  const large = Buffer.from(bytes);
  large.set(
    encodeHeader({ name: bytes.toString('latin1', firstChunk, firstChunk + 82), sizeBytes: 2 ** 30 }),
    firstChunk,
  );
  await writeFile(evil, large);
  await t.throwsAsync(importFile({ store: away.store, file: evil }), {
    code: 'IMAGE_SOURCE_INVALID',
    message: /chunk would have 1073741824 bytes/,
  });
  t.deepEqual(await refs(away.store), []);
});
