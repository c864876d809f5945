import { open } from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import { describeFileSystem } from '../../src/image/disk/file-system.ts';
import { measureFileSystem } from '../../src/image/disk/measure.ts';
import { filledFileSystem } from '../agent/fit/file-systems.ts';
import { program, rootTest, sparseFile, temporaryFolder } from '../agent/loop-disk.ts';

const mebibyte = 2 ** 20;
const firstByte = 3 * mebibyte;

const readerOf = (file: string) => async (position: number, length: number) => {
  const handle = await open(file);
  const bytes = Buffer.alloc(length);
  await handle.read(bytes, 0, length, position);
  await handle.close();
  return bytes;
};

for (const { fileSystem, mebibytes, used, least } of [
  { fileSystem: 'ext4', mebibytes: 200, used: [16, 60], least: [20, 100] },
  { fileSystem: 'ntfs', mebibytes: 96, used: [16, 30], least: [24, 45] },
  { fileSystem: 'btrfs', mebibytes: 640, used: [16, 40], least: [270, 400] },
  { fileSystem: 'xfs', mebibytes: 320, used: [16, 90], least: [320, 320] },
] as const)
  rootTest(`${fileSystem}: how full it is and how small it can be, where it lies in a disk`, async (t) => {
    const folder = await temporaryFolder(t);
    const made = filledFileSystem(folder, fileSystem, mebibytes * mebibyte, { fillerBytes: mebibyte });
    const disk = sparseFile(path.join(folder, 'disk.raw'), firstByte + mebibytes * mebibyte);
    program('dd', [`if=${made.file}`, `of=${disk}`, 'bs=1M', 'seek=3', 'conv=sparse,notrunc', 'status=none']);
    const found = await describeFileSystem(
      disk,
      { firstByte, sizeBytes: mebibytes * mebibyte },
      readerOf(disk),
    );
    t.is(found?.type, fileSystem);
    const inMebibytes = (bytes = 0): number => bytes / mebibyte;
    const { usedBytes, minimumBytes } = found ?? {};
    t.true(
      inMebibytes(usedBytes) >= used[0] && inMebibytes(usedBytes) <= used[1],
      `${usedBytes} bytes are used`,
    );
    t.true(
      inMebibytes(minimumBytes) >= least[0] && inMebibytes(minimumBytes) <= least[1],
      `at least ${minimumBytes} bytes`,
    );
    if (fileSystem !== 'ntfs') return;
    // What its own program says of the same volume.
    const said = /resize at (\d+) bytes/.exec(program('ntfsresize', ['--info', '--force', made.file]))?.[1];
    t.true(
      Number(said) <= (minimumBytes ?? 0) && Number(said) >= (usedBytes ?? 0) * 0.9,
      `ntfsresize: ${said}`,
    );
  });

test('records that make no sense give no sizes', async (t) => {
  for (const type of ['ext4', 'ntfs', 'btrfs', 'xfs', 'vfat'])
    for (const byte of [0, 0x5a, 0xff]) {
      const read = async (_position: number, length: number) => Buffer.alloc(length, byte);
      const sizes = await measureFileSystem({
        type,
        sizeBytes: 64 * mebibyte,
        read,
        askResize2fs: async () => undefined,
      });
      t.true((sizes.minimumBytes ?? 64 * mebibyte) === 64 * mebibyte, `${type} of ${byte}`);
    }
});
