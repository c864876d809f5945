/** What the installer's Debian is made of. */
export const suite = 'trixie';
export const netbootPackage = 'debian-installer-13-netboot-amd64';
/** Its files in the package. */
export const netbootFolder = 'usr/lib/debian-installer/images/13/amd64/text';
export const netbootKernel = 'debian-installer/amd64/linux';

/** Virtual hardware needs no more, and it is a third of the others' size. Debian signs it as well. */
export const kernelPackage = 'linux-image-cloud-amd64';

/** Of Debian's `important` packages those that an installer and a PC on a network want: the mirror's index names no others, so no others are installed. */
const base = [
  'adduser',
  'apt-utils',
  'busybox',
  'ca-certificates',
  'cpio',
  'curl',
  'dbus',
  'debconf-i18n',
  'debian-archive-keyring',
  'dhcpcd-base',
  'e2fsprogs',
  'efibootmgr',
  'eject',
  'fdisk',
  'ifupdown',
  'init',
  'initramfs-tools',
  'iproute2',
  'keyboard-configuration',
  'console-setup',
  'kmod',
  'locales',
  'lvm2',
  'netbase',
  'procps',
  'readline-common',
  'sensible-utils',
  'systemd-sysv',
  'udev',
  'whiptail',
  'zstd',
];

/** GRUB for BIOS and for UEFI exclude each other: each set is resolved by itself. */
export const packageSets: readonly (readonly string[])[] = [
  [...base, kernelPackage, 'grub-pc'],
  [...base, kernelPackage, 'grub-efi-amd64', 'grub-efi-amd64-signed', 'shim-signed'],
];

/** Parts of the installer that its initrd fetches. Those with programs for the disk or drivers are made by udebs.ts. */
export const udebs: readonly string[] = [
  'apt-mirror-setup',
  'apt-setup-udeb',
  'base-installer',
  'bootstrap-base',
  'choose-mirror-bin',
  'clock-setup',
  'debootstrap-udeb',
  'di-utils-mapdevfs',
  'disk-detect',
  'dmidecode-udeb',
  'dmsetup-udeb',
  'dosfstools-udeb',
  'ethdetect',
  'finish-install',
  'grub-installer',
  'libaio1-udeb',
  'libbsd0-udeb',
  'libdevmapper1.02.1-udeb',
  'libmd0-udeb',
  'libparted-fs-resize0-udeb',
  'libparted2-udeb',
  'libtextwrap1-udeb',
  'localechooser',
  'lvm2-udeb',
  'nobootloader',
  'partman-auto',
  'partman-auto-lvm',
  'partman-base',
  'partman-basicfilesystems',
  'partman-basicmethods',
  'partman-efi',
  'partman-ext3',
  'partman-lvm',
  'partman-partitioning',
  'partman-target',
  'partman-utils',
  'pkgsel',
  'tzsetup-udeb',
  'user-setup-udeb',
];

/** Of the kernel's package, below `kernel/`: what the initrd has not, and a virtual PC's disks and file systems need. */
export const modules: readonly string[] = [
  'crypto/crc32c_generic.ko.xz',
  'drivers/ata/ahci.ko.xz',
  'drivers/ata/libahci.ko.xz',
  'drivers/ata/libata.ko.xz',
  'drivers/block/virtio_blk.ko.xz',
  'drivers/md/dm-mod.ko.xz',
  'drivers/nvme/host',
  'drivers/scsi/sd_mod.ko.xz',
  'drivers/scsi/virtio_scsi.ko.xz',
  'fs/efivarfs',
  'fs/ext4',
  'fs/fat',
  'fs/jbd2',
  'fs/mbcache.ko.xz',
  'fs/nls',
  'lib',
];
/** What the installer calls them. */
export const moduleUdebs: readonly string[] = [
  'efi-modules',
  'ext2-modules',
  'ext3-modules',
  'ext4-modules',
  'fat-modules',
  'loop-modules',
  'md-modules',
  'sata-modules',
  'scsi-modules',
];
