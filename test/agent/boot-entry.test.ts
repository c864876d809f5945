import test from 'ava';
import { chooseLoader } from '../../src/agent/system/boot-entry.ts';
import { planFallback } from '../../src/agent/system/fallback-loader.ts';

test("a vendor's loader for this processor, shim first, else the fallback", (t) => {
  const both = [
    'EFI/BOOT/BOOTAA64.EFI',
    'EFI/BOOT/BOOTX64.EFI',
    'EFI/debian/grubx64.efi',
    'EFI/debian/shimx64.efi',
  ];
  t.is(chooseLoader(both, 'x64'), 'EFI/debian/shimx64.efi');
  t.is(chooseLoader(both, 'aa64'), 'EFI/BOOT/BOOTAA64.EFI');
  t.is(chooseLoader(['EFI/ubuntu/grubaa64.efi', ...both], 'aa64'), 'EFI/ubuntu/grubaa64.efi');
  t.is(chooseLoader(['efi/boot/bootx64.efi'], 'x64'), 'efi/boot/bootx64.efi');
  t.is(
    chooseLoader(['EFI/Microsoft/Boot/bootmgfw.efi', 'EFI/BOOT/BOOTX64.EFI'], 'x64'),
    'EFI/Microsoft/Boot/bootmgfw.efi',
  );
  t.is(chooseLoader(['EFI/BOOT/BOOTX64.EFI'], 'aa64'), undefined);
});

test('the fallback is made of the vendor’s loader and what it loads, the loader last', (t) => {
  const debian = ['BOOTX64.CSV', 'fbx64.efi', 'grub.cfg', 'grubx64.efi', 'mmx64.efi', 'shimx64.efi'].map(
    (name) => `EFI/debian/${name}`,
  );
  t.deepEqual(
    planFallback(debian, 'x64').map(({ from, to }) => `${from} → ${to}`),
    [
      'EFI/debian/grub.cfg → EFI/BOOT/grub.cfg',
      'EFI/debian/grubx64.efi → EFI/BOOT/grubx64.efi',
      'EFI/debian/mmx64.efi → EFI/BOOT/mmx64.efi',
      'EFI/debian/shimx64.efi → EFI/BOOT/BOOTX64.EFI',
    ],
  );
  t.deepEqual(planFallback([...debian, 'efi/boot/bootx64.efi'], 'x64'), [], 'what is there stays');
  t.deepEqual(planFallback(debian, 'aa64'), [], 'another processor’s');
  t.deepEqual(
    planFallback(
      ['MokManager.efi', 'grub.efi', 'shim.efi'].map((name) => `EFI/opensuse/${name}`),
      'x64',
    ).map(({ to }) => to),
    ['EFI/BOOT/MokManager.efi', 'EFI/BOOT/grub.efi', 'EFI/BOOT/BOOTX64.EFI'],
  );
  t.deepEqual(planFallback(['EFI/Microsoft/Boot/bootmgfw.efi', 'EFI/Microsoft/Boot/BCD'], 'x64'), [
    { from: 'EFI/Microsoft/Boot/bootmgfw.efi', to: 'EFI/BOOT/BOOTX64.EFI' },
  ]);
});
