import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import { cachedReadBytes, readCached } from '../../src/http/cached-read.ts';
import { temporaryFolder } from '../boot/temporary.ts';

test('what the kernel holds in memory comes at once, each time in a buffer of its own; what is not whole there does not', async (t) => {
  const content = randomBytes(40_000);
  const folder = await temporaryFolder(t, { file: content });
  const handle = await open(path.join(folder, 'file'));
  t.teardown(() => handle.close());
  await handle.readFile();
  const one = readCached(handle.fd, 100, 5000);
  const other = readCached(handle.fd, 20_000, cachedReadBytes);
  t.deepEqual(one, content.subarray(100, 5100));
  t.deepEqual(other, content.subarray(20_000, 20_000 + cachedReadBytes));
  t.is(readCached(handle.fd, 39_990, 11), undefined, 'it ends before');
  t.is(readCached(handle.fd, 0, cachedReadBytes + 1), undefined);
  t.is(readCached(999_999, 0, 10), undefined);
});
