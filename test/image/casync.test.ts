import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import test from 'ava';
import { importImage } from '../../src/image/import/import.ts';
import { runInRoom } from '../boot/room/enter.ts';
import { makeSampleDisk } from './sample-disk.ts';
import { storeWithKeys } from './store-with-keys.ts';
import { temporaryFolder } from './temporary-folder.ts';

test('casync reads what we wrote from the running appliance, and it imports what casync wrote', async (t) => {
  t.timeout(310_000); // an import is nice, and waits for whatever else runs
  const program = path.join(import.meta.dirname, 'casync-room.ts');
  t.deepEqual(await runInRoom(program, [await temporaryFolder(t)], 300_000), {
    read: ['head.caibx', 'partition-1.caibx', 'partition-2.caibx'].map((volume) => ({
      volume,
      isSame: true,
    })),
    job: 'import',
    imported: 'theirs@1',
    isSame: true,
  });
});

/** A sample disk, as our own import has it and as casync keeps it. */
const madeByCasync = async (folder: string, ...options: string[]) => {
  const file = path.join(folder, 'disk.raw');
  await makeSampleDisk(file);
  const index = path.join(folder, 'theirs.caibx');
  execFileSync('casync', ['make', ...options, index, file], { stdio: ['ignore', 'ignore', 'inherit'] });
  return { file, index, castr: path.join(folder, 'default.castr') };
};

const makings: Record<string, string[]> = {
  "casync's defaults: SHA-512/256, zstd, the store beside the index": [],
  'SHA-256 and gzip': ['--digest=sha256', '--compression=gzip'],
  'larger chunks than ours': ['--digest=sha256', '--chunk-size=1048576'],
};

for (const [what, options] of Object.entries(makings))
  test(`what casync made is imported: ${what}`, async (t) => {
    const folder = await temporaryFolder(t);
    const { file, index } = await madeByCasync(folder, ...options);
    const store = await storeWithKeys(path.join(folder, 'images'));
    const own = await importImage({ name: 'own', file, store });
    const theirs = await importImage({ name: 'theirs', file: index, store });
    t.is(theirs.contentDigest, own.contentDigest);
    t.deepEqual(theirs.source, { kind: 'file', file: 'theirs.caibx', format: 'casync' });
  });

test("casync's store over HTTP", async (t) => {
  const folder = await temporaryFolder(t);
  const { file, index, castr } = await madeByCasync(folder);
  const server = createServer((request, response) => {
    readFile(path.join(castr, (request.url ?? '').replace('/there', ''))).then(
      (bytes) => response.end(bytes),
      () => response.writeHead(404).end(),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const store = await storeWithKeys(path.join(folder, 'images'));
  await t.throwsAsync(importImage({ name: 'theirs', file: index, chunkStore: `${url}/elsewhere`, store }), {
    code: 'IMAGE_SOURCE_INVALID',
    message: /chunk [0-9a-f]{64} of the store http.*elsewhere: it is not there/,
  });
  const theirs = await importImage({ name: 'theirs', file: index, chunkStore: `${url}/there/`, store });
  t.is(theirs.contentDigest, (await importImage({ name: 'own', file, store })).contentDigest);
});

test('a damaged or missing chunk, xz, a tree of files and half an index are refused by name; nothing is left', async (t) => {
  const folder = await temporaryFolder(t);
  const { index, castr } = await madeByCasync(folder, '--digest=sha256');
  const store = await storeWithKeys(path.join(folder, 'images'));
  const refused = (message: RegExp, file = index) =>
    t.throwsAsync(importImage({ name: 'theirs', file, store }), { code: 'IMAGE_SOURCE_INVALID', message });
  const [chunk = ''] = (await readdir(castr, { recursive: true })).filter((name) => name.endsWith('.cacnk'));
  const whole = await readFile(path.join(castr, chunk));
  const others = (await readdir(castr, { recursive: true })).filter((name) => name.endsWith('.cacnk'));
  await writeFile(path.join(castr, chunk), await readFile(path.join(castr, others[1] ?? '')));
  await refused(new RegExp(`chunk ${path.basename(chunk, '.cacnk')} of the store`));
  await writeFile(path.join(castr, chunk), whole.subarray(0, 20));
  await refused(/chunk [0-9a-f]{64} of the store .*default\.castr/);
  await rm(path.join(castr, chunk));
  await refused(/it is not there/);
  await writeFile(path.join(folder, 'half.caibx'), (await readFile(index)).subarray(0, 200));
  await refused(
    /half\.caibx cannot be imported: the chunk index is not usable/,
    path.join(folder, 'half.caibx'),
  );
  const tree = path.join(folder, 'tree.caidx');
  execFileSync('casync', ['make', '--digest=sha256', tree, castr], { stdio: 'ignore' });
  await refused(/it is about a tree of files/, tree);
  await rm(castr, { recursive: true });
  execFileSync('casync', ['make', '--compression=xz', index, path.join(folder, 'disk.raw')], {
    stdio: 'ignore',
  });
  await refused(/packed with xz: make the store with "casync make --compression=zstd"/);
  t.deepEqual(await store.list(), []);
});
