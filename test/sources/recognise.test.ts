import test from 'ava';
import { recognise } from '../../src/sources/recognise.ts';

const of = (files: Record<string, string>, label?: string) =>
  recognise({
    paths: Object.keys(files),
    has: (file) => file in files,
    text: async (file) => files[file],
    label,
  });

test('media say which system they install and what starts it', async (t) => {
  t.deepEqual(
    await of({
      '.disk/info':
        'Debian GNU/Linux 12.7.0 "Bookworm" - Official amd64 NETINST with firmware 20240831-10:38',
      'install.amd/vmlinuz': '',
      'install.amd/initrd.gz': '',
      'EFI/boot/bootx64.efi': '',
      'EFI/boot/grubx64.efi': '',
    }),
    {
      system: 'debian',
      release: '12.7.0',
      architecture: 'x64',
      kernel: 'install.amd/vmlinuz',
      initrds: ['install.amd/initrd.gz'],
      loaders: { shim: 'EFI/boot/bootx64.efi', grub: 'EFI/boot/grubx64.efi' },
    },
  );
  t.like(
    await of({
      '.disk/info': 'Debian GNU/Linux 12.7.0 "Bookworm" - Official arm64 NETINST',
      'install.a64/vmlinuz': '',
      'install.a64/initrd.gz': '',
      'EFI/boot/bootaa64.efi': '',
    }),
    { system: 'debian', architecture: 'arm64', kernel: 'install.a64/vmlinuz', loaders: undefined },
  );
  t.like(
    await of({
      '.disk/info': 'Ubuntu-Server 24.04.1 LTS "Noble Numbat" - Release amd64 (20240827)',
      'casper/vmlinuz': '',
      'casper/initrd': '',
      'EFI/boot/bootx64.efi': '',
      'EFI/boot/grubx64.efi': '',
    }),
    { system: 'ubuntu', release: '24.04.1', kernel: 'casper/vmlinuz', initrds: ['casper/initrd'] },
  );
  t.like(
    await of({ 'amd64/linux': '', 'amd64/initrd': '', 'amd64/bootx64.efi': '', 'amd64/grubx64.efi': '' }),
    {
      system: 'ubuntu',
      kernel: 'amd64/linux',
      initrds: ['amd64/initrd'],
      loaders: { shim: 'amd64/bootx64.efi', grub: 'amd64/grubx64.efi' },
    },
  );
  t.like(
    await of({
      '.treeinfo':
        '[general]\nname = Fedora-41\nfamily = Fedora\nversion = 41\narch = aarch64\n[images-aarch64]\nkernel = images/pxeboot/vmlinuz\ninitrd = images/pxeboot/initrd.img\n',
      'images/pxeboot/vmlinuz': '',
      'images/pxeboot/initrd.img': '',
      'EFI/BOOT/BOOTAA64.EFI': '',
      'EFI/BOOT/grubaa64.efi': '',
    }),
    {
      system: 'fedora',
      release: '41',
      architecture: 'arm64',
      initrds: ['images/pxeboot/initrd.img'],
      loaders: { shim: 'EFI/BOOT/BOOTAA64.EFI', grub: 'EFI/BOOT/grubaa64.efi' },
    },
  );
  t.like(
    await of({
      '.discinfo': '1714000000.1\n9.4\nx86_64\n',
      'images/pxeboot/vmlinuz': '',
      'images/pxeboot/initrd.img': '',
    }),
    { system: 'rhel', release: '9.4' },
  );
  t.like(
    await of({
      'media.1/media': '',
      'media.1/products': '/ openSUSE-Leap 15.6-1\n',
      'boot/x86_64/loader/linux': '',
      'boot/x86_64/loader/initrd': '',
    }),
    { system: 'suse-autoyast', release: '15.6', kernel: 'boot/x86_64/loader/linux' },
  );
  t.like(
    await of({ 'LiveOS/squashfs.img': '', 'boot/x86_64/loader/linux': '', 'boot/x86_64/loader/initrd': '' }),
    {
      system: 'suse-agama',
      initrds: ['boot/x86_64/loader/initrd'],
    },
  );
  t.like(
    await of({
      '.cd-info': "ISODATE=''\nISONAME='proxmox-ve'\nISORELEASE='1'\nPRODUCT='pve'\nRELEASE='8.2'\n",
      '.disk/info': 'Debian',
      'boot/linux26': '',
      'boot/initrd.img': '',
    }),
    { system: 'proxmox', release: '8.2', kernel: 'boot/linux26', initrds: ['boot/initrd.img'] },
  );
  t.like(
    await of({
      'arch/version': '2026.11.01\n',
      'arch/boot/x86_64/vmlinuz-linux': '',
      'arch/boot/x86_64/initramfs-linux.img': '',
    }),
    { system: 'arch', release: '2026.11.01', kernel: 'arch/boot/x86_64/vmlinuz-linux' },
  );
  t.like(await of({ 'boot/kernel/kernel': '', 'boot/loader.efi': '' }, '14_1_RELEASE_AMD64_BO'), {
    system: 'freebsd',
    release: '14.1',
    architecture: 'x64',
    kernel: undefined,
    initrds: [],
  });
  t.like(
    await of({
      'sources/boot.wim': '',
      'sources/install.esd': '',
      'boot/boot.sdi': '',
      'boot/bcd': '',
      'efi/boot/bootx64.efi': '',
    }),
    {
      system: 'windows',
      windows: {
        bootWim: 'sources/boot.wim',
        bootSdi: 'boot/boot.sdi',
        bcd: 'boot/bcd',
        installWim: 'sources/install.esd',
      },
      loaders: undefined,
    },
  );
  t.like(await of({ 'flatcar_production_pxe.vmlinuz': '', 'flatcar_production_pxe_image.cpio.gz': '' }), {
    system: 'flatcar',
    initrds: ['flatcar_production_pxe_image.cpio.gz'],
  });
  t.deepEqual(await of({ 'readme.txt': '' }), { architecture: 'x64', initrds: [] });
});
