import type { RootedFiles } from '../../core/rooted-files.ts';

/** A Linux that can start by itself: names within the root. */
export interface StartableLinux {
  kernel: string;
  initrd: string;
}

/** Versions by number, so that 6.10 comes after 6.9. */
const newestFirst = (one: string, other: string): number => other.localeCompare(one, 'en', { numeric: true });

const initrdNames = (version: string): string[] => [
  `initrd.img-${version}`,
  `initramfs-${version}.img`,
  `initrd-${version}`,
];

const initFolders = ['sbin', 'usr/sbin', 'bin', 'usr/bin'];

/** The newest kernel of /boot with its initial RAM disk, or what is missing for a PC to start this. */
export const findLinux = async (root: RootedFiles): Promise<StartableLinux | { lacks: string }> => {
  const boot = await root.list('boot');
  const versions = boot.flatMap((name) => /^vmlinuz-([\w.+~-]+)$/.exec(name)?.[1] ?? []).sort(newestFirst);
  const inits = await Promise.all(initFolders.map((folder) => root.exists(`${folder}/init`)));
  if (!inits.includes(true))
    return { lacks: 'no first process (/sbin/init): add one to it, on Debian the package systemd-sysv' };
  if (versions.length === 0)
    return { lacks: 'no kernel (/boot/vmlinuz-…): add one to it, on Debian the package linux-image-amd64' };
  for (const version of versions) {
    const initrd = initrdNames(version).find((name) => boot.includes(name));
    if (initrd) return { kernel: `/boot/vmlinuz-${version}`, initrd: `/boot/${initrd}` };
  }
  return { lacks: `no initial RAM disk for its kernel (/boot/initrd.img-${versions[0]})` };
};

/** What the loaders must know of the file systems. */
export interface LinuxIds {
  rootUuid: string;
  espSerial: string;
}

/** What GRUB does on BIOS and UEFI alike: GRUB manual, “search”, “linux”. */
export const grubMenu = (
  { kernel, initrd }: StartableLinux,
  { rootUuid }: LinuxIds,
  options: string,
): string =>
  [
    `search --no-floppy --fs-uuid --set=root ${rootUuid}`,
    `linux ${kernel} root=UUID=${rootUuid} ro ${options}`.trimEnd(),
    `initrd ${initrd}`,
    'boot',
    '',
  ].join('\n');

/** The first configuration that a loader finds: it leads to the menu on the root. */
export const grubStub = (rootUuid: string): string =>
  `search --no-floppy --fs-uuid --set=root ${rootUuid}\nset prefix=($root)/boot/grub\nconfigfile $prefix/grub.cfg\n`;

const fstab = ({ rootUuid, espSerial }: LinuxIds): string =>
  `UUID=${rootUuid} / ext4 errors=remount-ro 0 1\nUUID=${espSerial} /boot/efi vfat umask=0077,nofail 0 2\n`;

/** The image's own wishes (/etc/kernel/cmdline), but for the root, which is ours to tell, and what GRUB would take for its own syntax. */
const kernelOptions = async (root: RootedFiles): Promise<string> => {
  const words = ((await root.read('etc/kernel/cmdline')) ?? '').split(/\s+/);
  return (
    words.filter((word) => /^[\w.,:=/@-]+$/.test(word) && !/^(root=|r[ow]$)/.test(word)).join(' ') || 'quiet'
  );
};

/** Writes GRUB’s menu, and an fstab where there is none; takes out what marks a container. */
export const makeStartable = async (
  root: RootedFiles,
  linux: StartableLinux,
  ids: LinuxIds,
): Promise<void> => {
  await root.makeFolder('boot/grub');
  await root.write('boot/grub/grub.cfg', grubMenu(linux, ids, await kernelOptions(root)));
  const lines = ((await root.read('etc/fstab')) ?? '').split('\n');
  if (!lines.some((line) => /^\s*[^#\s]/.test(line))) {
    await root.makeFolder('boot/efi');
    await root.makeFolder('etc');
    await root.write('etc/fstab', fstab(ids));
  }
  for (const mark of ['.dockerenv', 'run/.containerenv']) await root.remove(mark);
};
