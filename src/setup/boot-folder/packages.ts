import type { Architecture } from './architecture.ts';

/**
 * The Debian packages that `boot/` is made of. Their versions and hashes are in boot/boot.lock.json; nothing of them is
 * installed on this machine, so no root is needed.
 */

/** The Debian release that the agent's system is made from, whatever release this machine runs. */
export const suite = 'bookworm';
export const components = ['main', 'non-free-firmware'];

/**
 * What firmware loads first, for every processor: iPXE, and Debian's signed shim and GRUB for Secure Boot. A foreign architecture stands
 * behind the name. GRUB 2.12 fetches by HTTP, which 2.06 cannot; Debian 13 has no 32-bit UEFI any more.
 */
export const loaderPackages: readonly { suite: string; names: readonly string[] }[] = [
  {
    suite: 'trixie',
    names: [
      'grub-efi-amd64-signed',
      'grub-efi-arm64-signed:arm64',
      'ipxe',
      'shim-signed',
      'shim-signed:arm64',
    ],
  },
  { suite: 'bookworm', names: ['grub-efi-ia32-signed:i386', 'shim-signed:i386'] },
];

/** Files that NICs need before they work: Realtek's PHYs, Broadcom's older tg3 chips. */
const firmware = ['firmware-misc-nonfree', 'firmware-realtek'];

/** Programs on the PC. */
const programs = [
  'btrfs-progs',
  'bubblewrap',
  'busybox-static',
  'dosfstools',
  'e2fsprogs',
  'efibootmgr',
  'fdisk',
  'gdisk',
  'kmod',
  'libhivex-bin',
  'lvm2',
  'mount',
  'ntfs-3g',
  'nvme-cli',
  'openssh-client',
  'partclone',
  'util-linux',
  'util-linux-extra',
  'xfsprogs',
];

/** Their shared libraries, and Node's. A build that misses one names it. */
const libraries = [
  'libaio1',
  'libblkid1',
  'libbsd0',
  'libc6',
  'libcap2',
  'libcom-err2',
  'libdbus-1-3',
  'libdevmapper-event1.02.1',
  'libdevmapper1.02.1',
  'libedit2',
  'libefiboot1',
  'libefivar1',
  'libext2fs2',
  'libfdisk1',
  'libgcc-s1',
  'libgcrypt20',
  'libgpg-error0',
  'libhivex0',
  'libinih1',
  'libjson-c5',
  'libkmod2',
  'liblz4-1',
  'liblzma5',
  'liblzo2-2',
  'libmd0',
  'libmount1',
  'libncursesw6',
  'libntfs-3g89',
  'libnvme1',
  'libpcre2-8-0',
  'libpopt0',
  'libreadline8',
  'libselinux1',
  'libsmartcols1',
  'libss2',
  'libssl3',
  'libstdc++6',
  'libsystemd0',
  'libtinfo6',
  'libudev1',
  'liburcu8',
  'libuuid1',
  'libzstd1',
  'zlib1g',
];

/** Programs that pack the images on this machine, beside kmod's depmod. */
const packing = ['cpio', 'squashfs-tools'];

/** All but the kernel. The images of every processor are packed by x64's programs. */
export const packageNames: Readonly<Record<Architecture, readonly string[]>> = {
  x64: [...firmware, ...programs, ...libraries, ...packing],
  arm64: [...firmware, ...programs, ...libraries],
};
