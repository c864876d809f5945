import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { makeSampleDisk, writeAt } from './sample-disk.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { tool } from './tool.ts';

const mib = 1024 * 1024;

/** The steps of full-store-steps.ts on a tmpfs of `size`; the namespace, and the mount with it, goes with the process. */
const onSmallStore = async (
  t: ExecutionContext,
  size: string,
  prepare?: (raw: string) => Promise<string>,
) => {
  const folder = await temporaryFolder(t);
  const raw = path.join(folder, 'disk.raw');
  await makeSampleDisk(raw, { dataMib: 24 });
  const file = (await prepare?.(raw)) ?? raw;
  const store = path.join(folder, 'images');
  await mkdir(store);
  const steps = path.join(import.meta.dirname, 'full-store-steps.ts');
  const script = `mount -t tmpfs -o size=${size} tmpfs "$1" && exec "$2" "$3" "$1" "$4"`;
  const args = ['--mount', '--map-root-user', 'sh', '-c', script, 'sh', store, process.execPath, steps, file];
  return JSON.parse(await tool('unshare', ...args));
};

test('a full store: a clear error, nothing half-written, and the retry goes on', async (t) => {
  const { failure, left, retry } = await onSmallStore(t, '12m');
  t.is(failure.code, 'STORE_FULL');
  t.regex(failure.message, /is full.*make space there.*then repeat: what is done already is kept/);
  t.deepEqual(left, { images: 0, halfWritten: 0, indexes: left.indexes });
  t.like(retry, { version: 1, bad: 0 });
  t.true(retry.reusedChunks > 0, 'chunks of the first run are used again');
});

test('no room to unpack: said before anything is written', async (t) => {
  const packed = async (raw: string) => {
    await tool('qemu-img', 'convert', '-f', 'raw', '-O', 'qcow2', raw, `${raw}.qcow2`);
    return `${raw}.qcow2`;
  };
  const { failure, left, retry } = await onSmallStore(t, '12m', packed);
  t.is(failure.code, 'STORE_FULL');
  t.regex(failure.message, /unpacking needs \d+ bytes, \d+ are free/);
  t.deepEqual(left, { images: 0, halfWritten: 0, indexes: 0 });
  t.like(retry, { version: 1, bad: 0 });
});

test('room that runs out while a packed file is unpacked', async (t) => {
  const packed = async (raw: string) => {
    await writeAt(raw, 12 * mib, Buffer.alloc(40 * mib, 'small when packed'));
    await tool('zstd', '-q', '-1', '--rm', raw);
    return `${raw}.zst`;
  };
  const { failure, left, retry } = await onSmallStore(t, '25m', packed);
  t.is(failure.code, 'STORE_FULL');
  t.deepEqual(left, { images: 0, halfWritten: 0, indexes: 0 });
  t.like(retry, { version: 1, bad: 0 });
});
