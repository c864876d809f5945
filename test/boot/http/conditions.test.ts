import { rename, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import { serve } from './serve.ts';

const url = '/boot/files/kernel';

test('what the client has already is not sent again', async (t) => {
  const { get } = await serve(t, { kernel: 'one' });
  const { headers } = await get(url);
  const etag = String(headers.etag);
  const date = String(headers['last-modified']);
  const long = new Date(0).toUTCString();
  const statusFor = async (asked: Record<string, string>) => (await get(url, asked)).status;

  const same = await get(url, { 'If-None-Match': etag });
  t.is(same.status, 304);
  t.is(same.headers.etag, etag);
  t.is(same.body.length, 0);
  for (const tags of [`W/${etag}`, `"x", ${etag}`, '*'])
    t.is(await statusFor({ 'If-None-Match': tags }), 304, tags);
  t.is(await statusFor({ 'If-None-Match': '"x"' }), 200);
  t.is(await statusFor({ 'If-Modified-Since': date }), 304);
  t.is(await statusFor({ 'If-Modified-Since': long }), 200);
  t.is(await statusFor({ 'If-Modified-Since': 'yesterday' }), 200, 'what is no date counts as not said');
  t.is(
    await statusFor({ 'If-None-Match': '"x"', 'If-Modified-Since': date }),
    200,
    'the tag counts, not the date',
  );
  t.is((await get(url, { 'If-None-Match': etag }, 'HEAD')).status, 304);

  t.is(await statusFor({ 'If-Match': etag }), 200);
  t.is(await statusFor({ 'If-Match': `W/${etag}` }), 412);
  t.is(await statusFor({ 'If-Match': '"x"' }), 412);
  t.is(await statusFor({ 'If-Unmodified-Since': date }), 200);
  t.is(await statusFor({ 'If-Unmodified-Since': long }), 412);
});

test('a file replaced within a moment by one of the same size and time has another tag', async (t) => {
  const { get, folder } = await serve(t, { kernel: 'one' });
  const kernel = path.join(folder, 'kernel');
  const time = new Date('2024-01-01');
  await utimes(kernel, time, time);
  const tags = new Set<string>();
  for (const [round, content] of ['two', 'six', 'ten'].entries()) {
    const before = await get(url);
    tags.add(String(before.headers.etag));
    if (round % 2 === 0) await writeFile(kernel, content);
    else {
      await writeFile(`${kernel}.new`, content);
      await rename(`${kernel}.new`, kernel);
    }
    await utimes(kernel, time, time);
    const after = await get(url, { 'If-None-Match': String(before.headers.etag), Range: 'bytes=0-' });
    t.is(after.body.toString(), content);
    const rest = await get(url, { Range: 'bytes=1-', 'If-Range': String(before.headers.etag) });
    t.is(rest.status, 200, 'parts of two files are never joined');
  }
  t.is(tags.size, 3);
});
