import { mkdirSync, renameSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { findCapturedSystem } from '../../src/agent/capture/captured-system.ts';
import { run } from '../../src/agent/programs.ts';
import { temporaryFolder } from './loop-disk.ts';
import { tree } from './system-disk.ts';
import { hive, keyScript } from './windows-disk.ts';

test('a Linux below a subvolume of btrfs is named, with the processor that its programs are for', async (t) => {
  const folder = await temporaryFolder(t);
  const elf = Buffer.alloc(64);
  elf.write('\x7fELF', 'latin1');
  elf.writeUInt16LE(62, 18);
  tree(folder, {
    '@rootfs/usr/lib/os-release': 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12"\n',
    '@rootfs/usr/bin/env': elf,
  });
  t.deepEqual(await findCapturedSystem(folder, 'btrfs', run), {
    id: 'debian',
    name: 'Debian GNU/Linux 12',
    version: '12',
    architecture: 'amd64',
  });
});

test('a Windows is named by its registry, whatever the case of its folders', async (t) => {
  const folder = await temporaryFolder(t);
  const config = path.join(folder, 'windows/system32/CONFIG');
  mkdirSync(config, { recursive: true });
  const script = keyScript('Microsoft\\Windows NT\\CurrentVersion', [
    'ProductName=string:Windows 10 Education',
    'CurrentBuild=string:26100',
    'BuildLabEx=string:26100.1.amd64fre.ge_release.240331-1435',
  ]);
  renameSync(hive(path.join(folder, 'work'), script), path.join(config, 'SOFTWARE'));
  t.deepEqual(await findCapturedSystem(folder, 'ntfs', run), {
    id: 'windows',
    name: 'Windows 11 Education',
    version: '26100',
    architecture: 'amd64',
  });
});

test('a volume of data has no system', async (t) => {
  const folder = await temporaryFolder(t);
  t.is(await findCapturedSystem(folder, 'ext4', run), undefined);
  t.is(await findCapturedSystem(folder, 'ntfs', run), undefined);
});
