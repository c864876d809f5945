import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, constants } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline/promises';
import { GreifError } from '../core/errors.ts';
import { runProgram } from './program.ts';

/** A Debian package and a program by which it is known on machines without dpkg. */
type Needed = Readonly<Record<string, string>>;

const appliance: Needed = {
  'btrfs-progs': 'btrfs',
  dosfstools: 'mkfs.fat',
  e2fsprogs: 'mke2fs',
  fakeroot: 'fakeroot',
  fdisk: 'sfdisk',
  'grub-common': 'grub-mkimage',
  'grub-pc-bin': 'grub-mkimage',
  'libhivex-bin': 'hivexsh',
  mtools: 'mcopy',
  lz4: 'lz4',
  'ntfs-3g': 'mkntfs',
  openssl: 'openssl',
  partclone: 'partclone.restore',
  'qemu-utils': 'qemu-img',
  wimtools: 'wimlib-imagex',
  'xz-utils': 'xz',
  zstd: 'zstd',
};

const room: Needed = {
  ...appliance,
  debootstrap: 'debootstrap',
  'grub2-common': 'grub-install',
  iproute2: 'ip',
  'ipxe-qemu': 'qemu-system-x86_64',
  ovmf: 'qemu-system-x86_64',
  'qemu-system-x86': 'qemu-system-x86_64',
  seabios: 'qemu-system-x86_64',
};

const peers: Needed = {
  ...room,
  apfsprogs: 'mkapfs',
  'apt-cacher-ng': 'apt-cacher-ng',
  atftp: 'atftp',
  bsdutils: 'logger',
  atftpd: 'atftpd',
  bubblewrap: 'bwrap',
  'busybox-static': 'busybox',
  casync: 'casync',
  'cryptsetup-bin': 'cryptsetup',
  curl: 'curl',
  'dnsmasq-base': 'dnsmasq',
  exfatprogs: 'mkfs.exfat',
  'f2fs-tools': 'mkfs.f2fs',
  gdisk: 'sgdisk',
  genisoimage: 'genisoimage',
  ignition: 'ignition-validate',
  'isc-dhcp-client': 'dhclient',
  'isc-dhcp-server': 'dhcpd',
  'kea-admin': 'perfdhcp',
  'kea-dhcp4-server': 'kea-dhcp4',
  lvm2: 'pvcreate',
  'nginx-light': 'nginx',
  'nix-bin': 'nix-instantiate',
  'openssh-client': 'ssh-keygen',
  'ovmf-ia32': 'qemu-system-x86_64',
  'qemu-efi-aarch64': 'qemu-system-aarch64',
  'qemu-system-arm': 'qemu-system-aarch64',
  nmap: 'nmap',
  'isc-dhcp-relay': 'dhcrelay',
  dhcpcd5: 'dhcpcd',
  // What cloud-init needs, which is unpacked and never installed (test/answers/python.ts).
  'python3-configobj': 'python3',
  'python3-jinja2': 'python3',
  'python3-jsonpatch': 'python3',
  'python3-jsonschema': 'python3',
  'python3-netifaces': 'python3',
  'python3-oauthlib': 'python3',
  'python3-requests': 'python3',
  'python3-serial': 'python3',
  'python3-yaml': 'python3',
  samba: 'smbd',
  smbclient: 'smbclient',
  socat: 'socat',
  'squashfs-tools': 'unsquashfs',
  strace: 'strace',
  'tftp-hpa': 'tftp',
  wget: 'wget',
  xfsprogs: 'mkfs.xfs',
  xorriso: 'xorriso',
};

/** By npm script, or script and name of what it runs; what firmware downloads is no matter of this machine's packages (see boot-folder/packages.ts). */
export const neededPackages: Readonly<Record<string, Needed>> = {
  start: appliance,
  lab: room,
  bench: peers,
  e2e: peers,
  'e2e container': { ...peers, buildah: 'buildah' },
  'e2e debian-install': { ...peers, 'apt-utils': 'apt-ftparchive' },
  test: peers,
};

const isProgram = async (name: string): Promise<boolean> => {
  const folders = [...(process.env['PATH'] ?? '').split(path.delimiter), '/usr/sbin', '/sbin'];
  const tries = folders.map((folder) => access(path.join(folder, name), constants.X_OK));
  return Promise.any(tries).then(
    () => true,
    () => false,
  );
};

/** Pure: the wanted names that `dpkg-query --list` does not show as installed (`ii`, or held: `hi`). */
export const missingPackages = (wanted: readonly string[], listed: string): string[] => {
  const installed = new Set([...listed.matchAll(/^[hi]i\s+([^\s:]+)/gm)].map(([, name]) => name));
  return wanted.filter((name) => !installed.has(name));
};

const installCommand = (names: readonly string[]): string =>
  `apt-get install --no-install-recommends ${names.join(' ')}`;

const ask = async (names: readonly string[]): Promise<boolean> => {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(
      `set-up: install these Debian packages: ${names.join(' ')}? [y/N] `,
    );
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
};

const apt = async (...args: string[]): Promise<boolean> => {
  const child = spawn('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=300', ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 2, 2],
  });
  const [status] = await once(child, 'close');
  return status === 0;
};

const aptInstall = (names: readonly string[]): Promise<boolean> =>
  apt('install', '-y', '--no-install-recommends', ...names);

export interface InstallOptions {
  /** What the command shall run, where it has several things to run. */
  what?: string | undefined;
  /** Answered beforehand, by `--yes` or `CI=true`. */
  agreed: boolean;
  report(line: string): void;
}

/** Throws CONFIG_INVALID with the exact command when a person has to install, STEP_FAILED when apt could not. */
export const installDebianPackages = async (
  command: string,
  { what, agreed, report }: InstallOptions,
): Promise<void> => {
  const needed = neededPackages[`${command} ${what}`] ?? neededPackages[command] ?? {};
  const missing = await findMissing(needed);
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0)
    throw new GreifError(
      'CONFIG_INVALID',
      `Debian packages are missing. Install them, then start again:\n  sudo ${installCommand(missing)}`,
    );
  if (!agreed && !process.stdin.isTTY)
    throw new GreifError(
      'CONFIG_INVALID',
      `Debian packages are missing (${missing.join(' ')}): start again with --yes to install them`,
    );
  if (!agreed && !(await ask(missing)))
    throw new GreifError('CONFIG_INVALID', `nothing was installed. By hand: ${installCommand(missing)}`);
  report(`installing Debian packages: ${missing.join(' ')}`);
  if (await aptInstall(missing)) return;
  report('reading the present package lists');
  await apt('update');
  if (!(await aptInstall(missing)))
    throw new GreifError(
      'STEP_FAILED',
      `apt could not install the packages; its own words stand above. Put that right, then start again or run: ${installCommand(missing)}`,
    );
};

const findMissing = async (needed: Needed): Promise<string[]> => {
  const names = Object.keys(needed);
  if (await isProgram('dpkg-query'))
    return missingPackages(names, String(await runProgram('dpkg-query', ['--list'])));
  const absent: string[] = [];
  for (const program of new Set(Object.values(needed))) if (!(await isProgram(program))) absent.push(program);
  if (absent.length > 0)
    throw new GreifError(
      'CONFIG_INVALID',
      `this machine has no apt: install the programs ${absent.join(', ')} with its own package manager, then start again`,
    );
  return [];
};
