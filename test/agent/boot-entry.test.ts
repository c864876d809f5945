import test from 'ava';
import { chooseLoader } from '../../src/agent/system/boot-entry.ts';

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
