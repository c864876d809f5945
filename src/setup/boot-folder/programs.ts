/** Where each program of the agent's system comes from, below the unpacked packages; links to them are added by name. */
export const systemPrograms: readonly string[] = `
  bin/busybox bin/kmod
  bin/mount bin/umount bin/findmnt bin/lsblk sbin/blkid sbin/blockdev sbin/losetup sbin/wipefs sbin/blkdiscard usr/sbin/nvme
  usr/bin/bwrap usr/bin/prlimit usr/bin/choom
  usr/bin/partx sbin/sfdisk sbin/sgdisk sbin/mkswap sbin/swaplabel usr/bin/fallocate
  sbin/e2fsck sbin/resize2fs sbin/mke2fs sbin/tune2fs sbin/dumpe2fs usr/sbin/filefrag
  sbin/mkfs.fat sbin/fsck.fat sbin/fatlabel
  usr/sbin/xfs_growfs sbin/xfs_repair sbin/mkfs.xfs
  bin/btrfs sbin/mkfs.btrfs sbin/lvm
  bin/ntfs-3g bin/ntfsfix bin/ntfscluster sbin/ntfsresize sbin/ntfsclone sbin/ntfslabel sbin/mkntfs
  bin/efibootmgr
  usr/bin/ssh-keygen usr/bin/hivexsh`
  .trim()
  .split(/\s+/);

/** partclone's one program a file system; those for networks and images are not needed. */
export const partcloneSystems = 'apfs btrfs exfat extfs f2fs fat hfsp imager info ntfs xfs'.split(' ');

/** Other names of a program: `link → program`, both in the system's own folders. */
export const programLinks: Readonly<Record<string, string>> = {
  'usr/bin/sh': 'busybox',
  'usr/sbin/modprobe': '../bin/kmod',
  'usr/sbin/lsmod': '../bin/kmod',
  'usr/sbin/mkfs.ext4': 'mke2fs',
  'usr/sbin/fsck.ext4': 'e2fsck',
  'usr/sbin/mkfs.vfat': 'mkfs.fat',
  'usr/sbin/fsck.vfat': 'fsck.fat',
  'usr/sbin/mkfs.ntfs': 'mkntfs',
  'usr/sbin/mount.ntfs-3g': '../bin/ntfs-3g',
};
