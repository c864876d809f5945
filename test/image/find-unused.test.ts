import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, open, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import type { Extent } from '../../src/image/disk/extents.ts';
import { unusedRuns } from '../../src/image/disk/unused-runs.ts';
import { mostUnusedRuns } from '../../src/image/format/manifest.ts';
import { importImage } from '../../src/image/import/import.ts';
import { rootTest } from '../agent/loop-disk.ts';
import { sfdisk } from './sample-disk.ts';
import { storeWithKeys } from './store-with-keys.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { tool } from './tool.ts';

const mib = 1024 * 1024;

test('unused runs are what lies between used extents, the largest of them, in disk order', (t) => {
  const used = [
    { firstByte: 0, sizeBytes: mib },
    { firstByte: 3 * mib, sizeBytes: 4096 },
    { firstByte: 4 * mib, sizeBytes: 4096 },
  ];
  t.deepEqual(unusedRuns(used, 8 * mib), [
    { firstByte: mib, sizeBytes: 2 * mib },
    { firstByte: 4 * mib + 4096, sizeBytes: 4 * mib - 4096 },
  ]);
  t.deepEqual(unusedRuns([{ firstByte: 0, sizeBytes: 8 * mib }], 8 * mib), []);
  const many = Array.from({ length: 3000 }, (_, at) => ({ firstByte: at * 4 * mib, sizeBytes: 4096 }));
  const runs = unusedRuns(many, 3000 * 4 * mib + 90 * mib);
  t.is(runs.length, mostUnusedRuns);
  t.is(runs.at(-1)?.sizeBytes, 94 * mib - 4096);
});

const garble = async (file: string, extents: readonly Extent[], from: number): Promise<void> => {
  const disk = await open(file, 'r+');
  for (const { firstByte, sizeBytes } of extents)
    await disk.write(randomBytes(sizeBytes), 0, sizeBytes, from + firstByte);
  await disk.close();
};

rootTest(
  'what an import calls unused may hold anything, and nothing of an unclean file system is',
  async (t) => {
    const folder = await temporaryFolder(t);
    const files = path.join(folder, 'files');
    await mkdir(files);
    await writeFile(path.join(files, 'noise'), randomBytes(9 * mib));
    const makers: Record<string, (system: string) => Promise<string>> = {
      ext4: (system) => tool('mke2fs', '-q', '-t', 'ext4', '-d', files, system),
      btrfs: (system) => tool('mkfs.btrfs', '-q', '--rootdir', files, system),
    };
    const checks: Record<string, (system: string) => Promise<string>> = {
      ext4: (system) => tool('e2fsck', '-f', '-n', system),
      btrfs: (system) => tool('btrfs', 'check', '--check-data-csum', system),
    };
    const store = await storeWithKeys(path.join(folder, 'images'));
    const diskWith = async (name: string, system: string): Promise<string> => {
      const disk = path.join(folder, `${name}.raw`);
      await writeFile(disk, '');
      await truncate(disk, 132 * mib);
      await sfdisk(disk, 'label: gpt\nstart=2048, size=128M, type=linux\n');
      await tool('dd', `if=${system}`, `of=${disk}`, 'bs=1M', 'seek=1', 'conv=notrunc,sparse', 'status=none');
      return disk;
    };
    const unusedOf = async (name: string, system: string) =>
      (await importImage({ name, file: await diskWith(name, system), store })).volumes[1]?.unused;

    for (const [type, make] of Object.entries(makers)) {
      const system = path.join(folder, type);
      await writeFile(system, '');
      await truncate(system, 128 * mib);
      await make(system);
      const unused = (await unusedOf(type, system)) ?? [];
      t.true(
        unused.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) > 40 * mib,
        `${type}: most of it is unused`,
      );
      const garbled = `${system}-garbled`;
      await copyFile(system, garbled);
      await garble(garbled, unused, 0);
      await t.notThrowsAsync(checks[type]?.(garbled) ?? Promise.reject(new Error(type)));
      if (type === 'ext4') {
        const kept = path.join(folder, 'kept');
        await tool('debugfs', '-R', `dump /noise ${kept}`, garbled);
        await tool('cmp', kept, path.join(files, 'noise'));
      }
    }
    const dirty = path.join(folder, 'ext4');
    await tool('debugfs', '-w', '-R', 'ssv state 0', dirty);
    t.is(await unusedOf('dirty', dirty), undefined);
  },
);
