import { readFile, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { importImage } from '../../src/image/import/import.ts';
import { holeEnd, openSource } from '../../src/image/import/source.ts';
import { makeSampleDisk, writeAt } from './sample-disk.ts';
import { storeWithKeys } from './store-with-keys.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { tool } from './tool.ts';

const open = async (t: ExecutionContext, file: string) => {
  const workFolder = await temporaryFolder(t);
  const source = await openSource({ file, workFolder, onUnpack() {} });
  t.teardown(() => source.close());
  return source;
};

const sample = async (t: ExecutionContext) => {
  const folder = await temporaryFolder(t);
  const raw = path.join(folder, 'disk.raw');
  await makeSampleDisk(raw);
  return { folder, raw };
};

const kinds: Record<string, string[]> = {
  qcow2: ['-O', 'qcow2'],
  'qcow2 compressed': ['-O', 'qcow2', '-c'],
  vmdk: ['-O', 'vmdk'],
  'vmdk streamOptimized': ['-O', 'vmdk', '-o', 'subformat=streamOptimized'],
  vhdx: ['-O', 'vhdx'],
  vdi: ['-O', 'vdi'],
  vpc: ['-O', 'vpc', '-o', 'force_size=on'],
};

for (const [kind, options] of Object.entries(kinds)) {
  test(`${kind}: the disk's bytes come out, and a file cut short is refused`, async (t) => {
    const { folder, raw } = await sample(t);
    const file = path.join(folder, 'disk.image');
    await tool('qemu-img', 'convert', '-f', 'raw', ...options, raw, file);
    const source = await open(t, file);
    t.true(kind.startsWith(source.format));
    const bytes = Buffer.alloc(source.sizeBytes);
    await source.read(0, bytes);
    const wanted = await readFile(raw);
    t.true(bytes.subarray(0, wanted.length).equals(wanted));
    const { size } = await stat(file);
    for (const part of [0.9, 0.5, 0.1]) {
      await truncate(file, Math.floor((size * part) / 512) * 512);
      const error = await t.throwsAsync(
        open(t, file),
        { code: 'IMAGE_SOURCE_INVALID' },
        `${kind} at ${part}`,
      );
      t.regex(error?.message ?? '', /disk\.image cannot be imported: .*(damaged|cut short)/);
    }
  });
}

for (const [program, ending] of [
  ['gzip', 'gz'],
  ['xz', 'xz'],
  ['zstd', 'zst'],
] as const)
  test(`inside ${program}: the disk comes out sparse, and a file cut short is refused`, async (t) => {
    const { folder, raw } = await sample(t);
    await tool(program, '-k', '-1', raw);
    const packed = `${raw}.${ending}`;
    const file = path.join(folder, 'named-otherwise');
    await tool('mv', packed, file);
    const source = await open(t, file);
    t.is(source.format, `raw in ${program}`);
    t.true((await readFile(source.rawFile)).equals(await readFile(raw)));
    t.true((await stat(source.rawFile)).blocks * 512 < 16 * 1024 * 1024);
    await truncate(file, Math.floor((await stat(file)).size / 2));
    await t.throwsAsync(open(t, file), {
      code: 'IMAGE_SOURCE_INVALID',
      message: /cannot be unpacked to its end, so it is damaged or cut short/,
    });
  });

test('a qcow2 inside xz is imported', async (t) => {
  const { folder, raw } = await sample(t);
  const file = path.join(folder, 'disk.qcow2');
  await tool('qemu-img', 'convert', '-f', 'raw', '-O', 'qcow2', raw, file);
  await tool('xz', '-0', file);
  const store = await storeWithKeys(path.join(folder, 'images'));
  const packed = await importImage({ name: 'one', file: `${file}.xz`, store });
  t.deepEqual(packed.source, { kind: 'file', file: 'disk.qcow2.xz', format: 'qcow2 in xz' });
  t.is(packed.contentDigest, (await importImage({ name: 'two', file: raw, store })).contentDigest);
});

test('a raw file cut short is refused with the reason, and leaves no image', async (t) => {
  const { folder, raw } = await sample(t);
  const store = await storeWithKeys(path.join(folder, 'images'));
  await truncate(raw, 30 * 1024 * 1024);
  await t.throwsAsync(importImage({ name: 'x', file: raw, store }), {
    code: 'IMAGE_SOURCE_INVALID',
    message:
      /disk\.raw cannot be imported: it is cut short: .*partition 2 ends at byte \d+, but the disk has only/,
  });
  await truncate(raw, 30 * 1024 * 1024 + 100);
  await t.throwsAsync(importImage({ name: 'x', file: raw, store }), {
    code: 'IMAGE_SOURCE_INVALID',
    message: /no whole number of sectors/,
  });
  t.deepEqual(await store.list(), []);
});

test('a file that leans on another is refused before that is opened', async (t) => {
  const { folder, raw } = await sample(t);
  const make = (name: string, ...args: string[]) => {
    const file = path.join(folder, name);
    return tool('qemu-img', 'create', '-q', '-f', ...args.map((arg) => (arg === '' ? file : arg))).then(
      () => file,
    );
  };
  const overlay = await make('overlay.qcow2', 'qcow2', '-b', raw, '-F', 'raw', '');
  const outside = await make('outside.qcow2', 'qcow2', '-o', `data_file=${folder}/data`, '', '10M');
  const vmdkOverlay = await make('overlay.vmdk', 'vmdk', '-o', 'subformat=monolithicSparse', '', '10M');
  await tool(
    'qemu-img',
    'create',
    '-q',
    '-f',
    'vmdk',
    '-b',
    vmdkOverlay,
    '-F',
    'vmdk',
    path.join(folder, 'child.vmdk'),
  );
  const split = await make('split.vmdk', 'vmdk', '-o', 'subformat=twoGbMaxExtentSparse', '', '10M');
  const hostile = await make('hostile.qcow2', 'qcow2', '', '10M');
  const target = Buffer.from('/etc/passwd');
  const start = Buffer.alloc(16);
  start.writeBigUInt64BE(512n, 0);
  start.writeUInt32BE(target.length, 8);
  await writeAt(hostile, 512, target);
  await writeAt(hostile, 8, start.subarray(0, 12));
  for (const file of [overlay, outside, path.join(folder, 'child.vmdk'), split, hostile])
    await t.throwsAsync(
      open(t, file),
      { code: 'IMAGE_SOURCE_INVALID', message: /make one whole file/ },
      file,
    );
});

test('what is no disk image is refused', async (t) => {
  const folder = await temporaryFolder(t);
  const file = path.join(folder, 'x');
  await t.throwsAsync(open(t, file), { code: 'IMAGE_SOURCE_INVALID', message: /no such file/ });
  await writeFile(file, '');
  await t.throwsAsync(open(t, file), { code: 'IMAGE_SOURCE_INVALID', message: /empty/ });
  await t.throwsAsync(open(t, folder), {
    code: 'IMAGE_SOURCE_INVALID',
    message: /a folder, and neither in the OCI image layout nor/,
  });
  await writeFile(file, 'QFI\xfb', 'latin1');
  await t.throwsAsync(open(t, file), {
    code: 'IMAGE_SOURCE_INVALID',
    message: /cut short inside its header/,
  });
  const store = await storeWithKeys(path.join(folder, 'images'));
  await writeFile(file, Buffer.alloc(4096, 'text '));
  await t.throwsAsync(importImage({ name: 'x', file, store }), { code: 'PARTITION_TABLE_INVALID' });
});

test('where a hole ends', (t) => {
  const data = [
    { start: 10, length: 5 },
    { start: 20, length: 10 },
  ];
  t.deepEqual(
    [0, 10, 14, 15, 19, 20, 29, 30, 40].map((at) => holeEnd(data, at, 50)),
    [10, 10, 14, 20, 20, 20, 29, 50, 50],
  );
  t.is(holeEnd([], 7, 50), 50);
});
