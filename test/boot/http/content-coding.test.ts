import { rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import test from 'ava';
import { acceptedCodings } from '../../../src/http/content-coding.ts';
import { serve } from './serve.ts';

const plain = Buffer.alloc(100_000, 'kernel ');
const zstd = zstdCompressSync(plain);
const gzip = gzipSync(plain);
const url = '/boot/files/kernel';

test('codings in the order of the client’s wish, ours among equals', (t) => {
  const names = (header?: string) => acceptedCodings(header).map(({ name }) => name);
  t.deepEqual(names(undefined), []);
  t.deepEqual(names(''), []);
  t.deepEqual(names('identity, *'), []);
  t.deepEqual(names('gzip, br, zstd'), ['zstd', 'br', 'gzip']);
  t.deepEqual(names('GZIP;q=1.0, zstd;q=0.5, br;q=0'), ['gzip', 'zstd']);
  t.deepEqual(names('x-gzip'), ['gzip']);
  t.deepEqual(names('gzip;q=x, deflate'), []);
});

test('a prepared compressed form goes to clients that say they take it, and to no others', async (t) => {
  const { get, folder } = await serve(t, { kernel: plain });
  await writeFile(path.join(folder, 'kernel.zst'), zstd);
  await writeFile(path.join(folder, 'kernel.gz'), gzip);
  // UEFI's HTTP boot says Accept and User-Agent only.
  const firmware = await get(url, { Accept: '*/*', 'User-Agent': 'UefiHttpBoot/1.0' });
  t.is(firmware.headers['content-encoding'], undefined);
  t.deepEqual(firmware.body, plain);
  t.is(firmware.headers.vary, 'Accept-Encoding');

  const packed = await get(url, { 'Accept-Encoding': 'gzip, zstd' });
  t.is(packed.headers['content-encoding'], 'zstd');
  t.is(packed.headers['content-length'], String(zstd.length));
  t.is(packed.headers.vary, 'Accept-Encoding');
  t.deepEqual(packed.body, zstd);
  t.not(packed.headers.etag, firmware.headers.etag);
  t.is((await get(url, { 'Accept-Encoding': 'gzip' })).headers['content-encoding'], 'gzip');
  t.is((await get(url, { 'Accept-Encoding': 'br' })).headers['content-encoding'], undefined);

  const part = await get(url, { 'Accept-Encoding': 'gzip', Range: 'bytes=5-9' });
  t.is(part.headers['content-range'], `bytes 5-9/${gzip.length}`);
  t.deepEqual(part.body, gzip.subarray(5, 10));
});

test('a compressed form of an older file is not used, nor one of a file that is gone', async (t) => {
  const { get, folder } = await serve(t, { 'kernel.gz': gzip });
  t.is((await get(url, { 'Accept-Encoding': 'gzip' })).status, 404);
  const changedAt = async (name: string) => Math.floor((await stat(path.join(folder, name))).ctimeMs);
  // The kernel's clock for files goes in steps.
  do await writeFile(path.join(folder, 'kernel'), 'newer');
  while ((await changedAt('kernel')) <= (await changedAt('kernel.gz')));
  const answer = await get(url, { 'Accept-Encoding': 'gzip' });
  t.is(answer.headers['content-encoding'], undefined);
  t.is(answer.body.toString(), 'newer');
  await rm(path.join(folder, 'kernel.gz'));
  t.is((await get(url, { 'Accept-Encoding': 'gzip' })).body.toString(), 'newer');
});
