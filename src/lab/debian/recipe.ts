/**
 * What the lab's Debian system is made of. Data only: the cached image is named after the hash of all of it.
 */
const megabyte = 1024 * 1024;

/** The partitions, in bytes. The root file system comes last, so that it can grow. */
export const layout = {
  diskBytes: 1280 * megabyte,
  biosBoot: { firstByte: megabyte, sizeBytes: megabyte },
  esp: { firstByte: 2 * megabyte, sizeBytes: 64 * megabyte },
  /** Ends one mebibyte before the disk does: the backup partition table lies there. */
  root: { firstByte: 66 * megabyte, sizeBytes: (1280 - 67) * megabyte },
} as const;

export const rootUuid = 'a3c1f9c2-6f0e-4c39-9f5e-7a1d5b0c2e11';
export const espSerial = '6E1F0012';

export const suite = 'bookworm';

/** Beside Debian's minimal system. */
export const packages = [
  'linux-image-amd64',
  'initramfs-tools',
  'zstd',
  'systemd-sysv',
  'udev',
  'openssh-server',
  'iproute2',
] as const;

/** Drivers and texts that a virtual PC never needs: the kernel itself stays as Debian signed it. */
const leftOut = [
  '/usr/share/doc/*',
  '/usr/share/man/*',
  '/usr/share/info/*',
  '/usr/share/locale/*',
  ...[
    'sound',
    'drivers/gpu',
    'drivers/media',
    'drivers/infiniband',
    'drivers/iio',
    'drivers/staging',
    'drivers/net/wireless',
    'net/wireless',
    'net/mac80211',
    'drivers/net/ethernet/mellanox',
  ].map((folder) => `/lib/modules/*/kernel/${folder}/*`),
];

/** Files that are there before the packages are set up. */
export const filesBeforeSetup = {
  'etc/dpkg/dpkg.cfg.d/lab': `${['force-unsafe-io', ...leftOut.map((path) => `path-exclude=${path}`)].join('\n')}\n`,
  'etc/initramfs-tools/conf.d/lab': 'MODULES=list\nCOMPRESS=zstd\nRESUME=none\n',
  'etc/initramfs-tools/modules': 'virtio_pci\nvirtio_blk\nvirtio_scsi\nahci\nata_piix\nnvme\nsd_mod\next4\n',
} as const;

/** Files of the finished system. */
export const filesAfterSetup = {
  'etc/hostname': 'golden\n',
  'etc/hosts': '127.0.0.1 localhost\n127.0.1.1 golden\n::1 localhost ip6-localhost ip6-loopback\n',
  'etc/machine-id': '',
  'etc/fstab': `UUID=${rootUuid} / ext4 errors=remount-ro 0 1\nUUID=${espSerial.slice(0, 4)}-${espSerial.slice(4)} /boot/efi vfat umask=0077,noauto 0 0\n`,
  'etc/systemd/network/lab.network': '[Match]\nType=ether\n\n[Network]\nDHCP=ipv4\n',
  // A golden image carries no host keys: each PC makes its own, away from the path to the login prompt.
  'etc/systemd/system/ssh-host-key.service': [
    '[Unit]\nDescription=Make the SSH host key\nBefore=ssh.service\nConditionPathExists=!/etc/ssh/ssh_host_ed25519_key\n',
    '[Service]\nType=oneshot\nExecStart=/usr/bin/ssh-keygen -q -t ed25519 -N "" -f /etc/ssh/ssh_host_ed25519_key\n',
    '[Install]\nWantedBy=multi-user.target\n',
  ].join('\n'),
  'etc/ssh/sshd_config.d/lab.conf': 'HostKey /etc/ssh/ssh_host_ed25519_key\n',
} as const;

/** Run in the finished system. The password of root is the lab's and no secret. */
export const finishingTouches = `
set -e
echo root:greif | chpasswd
systemctl -q enable systemd-networkd ssh-host-key
systemctl -q mask systemd-networkd-wait-online.service e2scrub_reap.service systemd-pstore.service \\
  apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer
rm -f /etc/ssh/ssh_host_* /var/lib/dbus/machine-id /var/log/*.log /var/log/apt/*
rm -rf /var/cache/apt/* /var/lib/apt/lists/* /var/cache/debconf/*-old /debootstrap
`;

/** GRUB's menu for BIOS and UEFI alike. */
export const grubMenu = (kernelVersion: string): string => `
set timeout=0
search --no-floppy --fs-uuid --set=root ${rootUuid}
linux /boot/vmlinuz-${kernelVersion} root=UUID=${rootUuid} ro quiet console=tty0 console=ttyS0,115200
initrd /boot/initrd.img-${kernelVersion}
boot
`;

/** What the signed GRUB finds beside itself on the EFI system partition. */
export const grubStub = `search --no-floppy --fs-uuid --set=root ${rootUuid}\nset prefix=($root)/boot/grub\nconfigfile $prefix/grub.cfg\n`;
