import { mkdir, readFile, symlink, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import {
  readElfProcessor,
  readOsRelease,
  readWindowsVersion,
} from '../../src/image/disk/operating-system.ts';
import { importImage } from '../../src/image/import/import.ts';
import { rootTest } from '../agent/loop-disk.ts';
import { sfdisk } from './sample-disk.ts';
import { storeWithKeys } from './store-with-keys.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { tool } from './tool.ts';

const mib = 1024 * 1024;

test('os-release: quotes, comments and what is missing', (t) => {
  t.deepEqual(
    readOsRelease(
      '# a comment\nPRETTY_NAME="Debian GNU/Linux 12 (\\"bookworm\\")"\nID=debian\nVERSION_ID=\'12\'\n',
    ),
    { id: 'debian', name: 'Debian GNU/Linux 12 ("bookworm")', version: '12' },
  );
  t.deepEqual(readOsRelease('ID=arch\nNAME=Arch\n'), { id: 'arch', name: 'Arch' });
  t.is(readOsRelease('PRETTY_NAME=Nameless\n'), undefined);
});

test('Windows 11 is told from 10 by its build, the processor by the build label', (t) => {
  const values = {
    ProductName: 'Windows 10 Pro',
    CurrentBuild: '22631',
    BuildLabEx: '22621.1.amd64fre.ni_release.220506-1250',
  };
  t.deepEqual(readWindowsVersion(values), {
    id: 'windows',
    name: 'Windows 11 Pro',
    version: '22631',
    architecture: 'amd64',
  });
  t.is(readWindowsVersion({ ...values, CurrentBuild: '19045' })?.name, 'Windows 10 Pro');
  t.is(readWindowsVersion({}), undefined);
});

test('a program tells its processor', async (t) => {
  t.is(
    readElfProcessor((await readFile('/usr/bin/env')).subarray(0, 20)),
    process.arch === 'arm64' ? 'arm64' : 'amd64',
  );
  t.is(readElfProcessor(Buffer.from('#!/bin/sh')), undefined);
});

/** Partitions of these file systems on one disk, the Linux ones with a system. */
const diskOf = async (
  folder: string,
  makers: Record<string, (file: string, root: string) => Promise<unknown>>,
  eachMib: number,
) => {
  const root = path.join(folder, 'root');
  for (const place of ['usr/lib', 'usr/bin', 'etc']) await mkdir(path.join(root, place), { recursive: true });
  await writeFile(
    path.join(root, 'usr/lib/os-release'),
    'ID=debian\nPRETTY_NAME="Debian 12"\nVERSION_ID="12"\n',
  );
  await symlink('../usr/lib/os-release', path.join(root, 'etc/os-release'));
  await writeFile(path.join(root, 'usr/bin/env'), (await readFile('/usr/bin/env')).subarray(0, 4096));
  const disk = path.join(folder, 'disk.raw');
  await writeFile(disk, '');
  const all = Object.values(makers);
  await truncate(disk, (all.length * eachMib + 4) * mib);
  await sfdisk(disk, `label: gpt\n${all.map(() => `size=${eachMib}M, type=linux\n`).join('')}`);
  for (const [position, make] of all.entries()) {
    const file = path.join(folder, `part-${position}`);
    await writeFile(file, '');
    await truncate(file, eachMib * mib);
    await make(file, root);
    await tool(
      'dd',
      `if=${file}`,
      `of=${disk}`,
      'bs=1M',
      `seek=${1 + position * eachMib}`,
      'conv=notrunc,sparse',
      'status=none',
    );
  }
  return disk;
};

rootTest('the system is found without mounting, and the disk is only read', async (t) => {
  const folder = await temporaryFolder(t);
  const systems: Record<string, unknown> = {};
  const makers: Record<string, (file: string, root: string) => Promise<unknown>> = {
    btrfs: (file, root) => tool('mkfs.btrfs', '-q', '--rootdir', root, file),
    ext4: (file, root) => tool('mke2fs', '-q', '-t', 'ext4', '-d', root, file),
    ntfs: (file) => tool('mkntfs', '--quick', '--force', file),
  };
  const store = await storeWithKeys(path.join(folder, 'images'));
  for (const [type, make] of Object.entries(makers)) {
    await mkdir(path.join(folder, type));
    const file = await diskOf(path.join(folder, type), { empty: async () => {}, make }, 120);
    const before = await tool('sha256sum', file);
    systems[type] = (await importImage({ name: type, file, store })).os;
    t.is(await tool('sha256sum', file), before);
    t.is(await tool('losetup', '--associated', file), '');
  }
  const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
  const debian = { id: 'debian', name: 'Debian 12', version: '12', architecture, partition: 2 };
  t.deepEqual(systems, { btrfs: debian, ext4: debian, ntfs: undefined });
});
