/**
 * The Debian packages that `boot/` is made of. Their versions and hashes are in boot/boot.lock.json; nothing of them is
 * installed on this machine, so no root is needed.
 */

/** The Debian release that the agent's system is made from, whatever release this machine runs. */
export const suite = 'bookworm';
export const components = ['main', 'non-free-firmware'];
export const architecture = 'amd64';

/** What firmware loads first: iPXE, and Debian's signed shim and GRUB for Secure Boot. */
const loaders = ['grub-efi-amd64-signed', 'ipxe', 'shim-signed'];

/** A name that stands for the newest kernel: its one dependency is the package that holds it. */
export const kernelMetaPackage = 'linux-image-amd64';

/** Files that NICs need before they work: Realtek's PHYs, Broadcom's older tg3 chips. */
const firmware = ['firmware-misc-nonfree', 'firmware-realtek'];

/** Programs on the PC, and those that pack the images here (cpio, squashfs-tools, kmod's depmod). */
const programs = [
  'btrfs-progs',
  'busybox-static',
  'cpio',
  'dosfstools',
  'e2fsprogs',
  'efibootmgr',
  'fdisk',
  'gdisk',
  'kmod',
  'mount',
  'ntfs-3g',
  'partclone',
  'squashfs-tools',
  'util-linux',
  'util-linux-extra',
  'xfsprogs',
];

/** Their shared libraries, and Node's. A build that misses one names it. */
const libraries = [
  'libblkid1',
  'libc6',
  'libcom-err2',
  'libefiboot1',
  'libefivar1',
  'libext2fs2',
  'libfdisk1',
  'libgcc-s1',
  'libinih1',
  'libkmod2',
  'liblz4-1',
  'liblzma5',
  'liblzo2-2',
  'libmount1',
  'libncursesw6',
  'libntfs-3g89',
  'libpcre2-8-0',
  'libpopt0',
  'libreadline8',
  'libselinux1',
  'libsmartcols1',
  'libss2',
  'libssl3',
  'libstdc++6',
  'libtinfo6',
  'libudev1',
  'liburcu8',
  'libuuid1',
  'libzstd1',
  'zlib1g',
];

export const packageNames: readonly string[] = [...loaders, ...firmware, ...programs, ...libraries];
