import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import { temporaryFolder } from '../temporary.ts';
import { serve } from './serve.ts';

const exec = promisify(execFile);
const content = randomBytes(3_000_000);

/** What curl says at the end: status, bytes and the number of connections that it made. */
const said = ['--write-out', '%{http_code} %{size_download} %{num_connects}\n'];

test('curl resumes, revalidates and unpacks', async (t) => {
  const { port, folder } = await serve(t, { image: content });
  const url = `http://127.0.0.1:${port}/boot/files/image`;
  const own = await temporaryFolder(t, { half: content.subarray(0, 1_000_000) });
  const file = (name: string) => path.join(own, name);
  const curl = async (...args: string[]): Promise<string> =>
    (await exec('curl', ['--silent', '--show-error', ...said, ...args, url])).stdout.trim();

  t.is(await curl('--continue-at', '-', '--output', file('half')), '206 2000000 1');
  t.deepEqual(await readFile(file('half')), content);

  t.is(await curl('--etag-save', file('etag'), '--output', file('whole')), '200 3000000 1');
  t.is(await curl('--etag-compare', file('etag'), '--output', file('again')), '304 0 1');
  t.is(await curl('--time-cond', file('whole'), '--output', file('again')), '304 0 1');

  const packed = gzipSync(content);
  await writeFile(path.join(folder, 'image.gz'), packed);
  t.is(await curl('--compressed', '--output', file('unpacked')), `200 ${packed.length} 1`);
  t.deepEqual(await readFile(file('unpacked')), content);

  const twice = await curl('--output', file('one'), url, '--output', file('two'));
  t.is(twice, '200 3000000 1\n200 3000000 0', 'the second on the same connection');
  t.deepEqual(await readFile(file('two')), content);
});
