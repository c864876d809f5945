import test from 'ava';
import { firstStageModules, systemModules } from '../../src/setup/boot-folder/drivers.ts';
import { moduleClosure, parseDependencies } from '../../src/setup/boot-folder/modules.ts';
import { sortLibraries } from '../../src/setup/boot-folder/tree.ts';

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
  t.is(new Set(systemModules).size, systemModules.length);
  t.true(firstStageModules.every((name) => systemModules.includes(name)));
});

test('a library that would come from this machine counts as missing', (t) => {
  const listed = [
    '\tlinux-vdso.so.1 (0x00007ffd)',
    '\tlibblkid.so.1 => /tree/usr/lib/x86_64-linux-gnu/libblkid.so.1 (0x00007f)',
    '\tlibdevmapper.so.1.02.1 => /lib/x86_64-linux-gnu/libdevmapper.so.1.02.1 (0x00007f)',
    '\tlibedit.so.2 => not found',
    '\t/lib64/ld-linux-x86-64.so.2 (0x00007f)',
  ].join('\n');
  t.deepEqual(sortLibraries(listed, '/tree'), {
    found: ['/tree/usr/lib/x86_64-linux-gnu/libblkid.so.1'],
    missing: ['libdevmapper.so.1.02.1', 'libedit.so.2'],
  });
});
