import type { SourceFacts } from './source.ts';

/** A source's files, as far as recognising it needs them. */
export interface SourceFiles {
  paths: readonly string[];
  has(path: string): boolean;
  /** The text of a small file. */
  text(path: string): Promise<string | undefined>;
  /** The volume's name. */
  label?: string | undefined;
}

type Facts = Omit<SourceFacts, 'architecture' | 'loaders'>;
type Recogniser = (files: SourceFiles) => Promise<Facts | undefined>;

/** The first path of which all of the pattern is true; `*` stands for one folder's or file's name. */
const first = ({ paths }: SourceFiles, ...patterns: string[]): string | undefined => {
  for (const pattern of patterns) {
    const escaped = pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^/]*');
    const whole = new RegExp(`^${escaped}$`, 'i');
    const found = paths.find((path) => whole.test(path));
    if (found !== undefined) return found;
  }
  return undefined;
};

const booted = (
  files: SourceFiles,
  kernels: string[],
  initrds: string[],
): Pick<Facts, 'kernel' | 'initrds'> => {
  const kernel = first(files, ...kernels);
  const initrd = first(files, ...initrds);
  return { ...(kernel !== undefined && { kernel }), initrds: initrd === undefined ? [] : [initrd] };
};

const releaseIn = (text: string | undefined): { release?: string } => {
  const release = /\d+(?:\.\d+)*/.exec(text ?? '')?.[0];
  return release === undefined ? {} : { release };
};

const windows: Recogniser = async (files) => {
  const bootWim = first(files, 'sources/boot.wim');
  const bootSdi = first(files, 'boot/boot.sdi');
  const bcd = first(files, 'boot/bcd', 'efi/microsoft/boot/bcd');
  if (bootWim === undefined || bootSdi === undefined || bcd === undefined) return undefined;
  const installWim = first(files, 'sources/install.wim', 'sources/install.esd', 'sources/install.swm');
  return {
    system: 'windows',
    initrds: [],
    windows: { bootWim, bootSdi, bcd, ...(installWim !== undefined && { installWim }) },
  };
};

/** `.disk/info`: `Debian GNU/Linux 12.7.0 "Bookworm" - Official amd64 NETINST …`; netboot: `version.info`. */
const debian: Recogniser = async (files) => {
  const info = (await files.text('.disk/info')) ?? (await files.text('version.info'));
  const kernels = ['debian-installer/*/linux', 'install.*/vmlinuz', 'install/vmlinuz'];
  const initrds = ['debian-installer/*/initrd.gz', 'install.*/initrd.gz', 'install/initrd.gz'];
  if (!/^Debian/.test(info ?? '') && first(files, 'debian-installer/*/linux') === undefined) return undefined;
  return { system: 'debian', ...releaseIn(info), ...booted(files, kernels, initrds) };
};

/** `Ubuntu-Server 24.04.1 LTS "Noble Numbat" - Release amd64 (…)`; the netboot archive has a folder an architecture. */
const ubuntu: Recogniser = async (files) => {
  const info = await files.text('.disk/info');
  const isNetboot = first(files, 'amd64/linux', 'arm64/linux') !== undefined;
  if (!/^Ubuntu|^[KXL]ubuntu/.test(info ?? '') && first(files, 'casper/vmlinuz') === undefined && !isNetboot)
    return undefined;
  const kernels = ['casper/vmlinuz', 'casper/hwe-vmlinuz', 'amd64/linux', 'arm64/linux'];
  const initrds = ['casper/initrd', 'casper/initrd.*', 'casper/hwe-initrd', 'amd64/initrd', 'arm64/initrd'];
  return { system: 'ubuntu', ...releaseIn(info), ...booted(files, kernels, initrds) };
};

/** The values of productmd's `.treeinfo` by `section.key`. */
const parseTreeInfo = (text: string): Map<string, string> => {
  const values = new Map<string, string>();
  let section = '';
  for (const line of text.split(/\r?\n/)) {
    section = /^\[(.+)\]$/.exec(line.trim())?.[1] ?? section;
    const [, key, value] = /^\s*([^=:\s]+)\s*[=:]\s*(.*?)\s*$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined) values.set(`${section}.${key}`, value);
  }
  return values;
};

const familyOf = (family: string): SourceFacts['system'] => {
  if (/suse|leap|tumbleweed|micro/i.test(family)) return 'suse-autoyast';
  return /fedora/i.test(family) ? 'fedora' : 'rhel';
};

/** Red Hat's family, and SUSE's newer media. */
const treeInfo: Recogniser = async (files) => {
  const text = (await files.text('.treeinfo')) ?? (await files.text('treeinfo'));
  if (text === undefined) return undefined;
  const values = parseTreeInfo(text);
  const told = (key: string) => values.get(`general.${key}`) ?? values.get(`release.${key}`);
  const images = `images-${told('arch') ?? values.get('tree.arch') ?? 'x86_64'}`;
  const named = (key: string, ...patterns: string[]) => {
    const path = values.get(`${images}.${key}`);
    return path !== undefined && files.has(path) ? path : first(files, ...patterns);
  };
  const kernel = named('kernel', 'images/pxeboot/vmlinuz', 'boot/*/loader/linux');
  const initrd = named('initrd', 'images/pxeboot/initrd.img', 'boot/*/loader/initrd');
  return {
    system: familyOf(`${told('family') ?? ''} ${told('name') ?? ''}`),
    ...releaseIn(told('version')),
    ...(kernel !== undefined && { kernel }),
    initrds: initrd === undefined ? [] : [initrd],
  };
};

/** Red Hat's family without `.treeinfo`: `.discinfo` has a time, the release and the architecture, a line each. */
const discInfo: Recogniser = async (files) => {
  if (!files.has('images/pxeboot/vmlinuz')) return undefined;
  const release = (await files.text('.discinfo'))?.split('\n')[1];
  return {
    system: /fedora/i.test(`${files.label} ${release}`) ? 'fedora' : 'rhel',
    ...releaseIn(release ?? files.label),
    ...booted(files, ['images/pxeboot/vmlinuz'], ['images/pxeboot/initrd.img']),
  };
};

/** With `media.1/` YaST installs; live media with the same loader folder are Agama's. */
const suse: Recogniser = async (files) => {
  if (first(files, 'boot/*/loader/linux') === undefined) return undefined;
  const products = await files.text('media.1/products');
  return {
    system: files.has('media.1/media') || products !== undefined ? 'suse-autoyast' : 'suse-agama',
    ...releaseIn(products ?? files.label?.replace(/[^\d.]+/g, ' ')),
    ...booted(files, ['boot/*/loader/linux'], ['boot/*/loader/initrd']),
  };
};

/** `.cd-info`: `PRODUCT='pve'`, `RELEASE='8.2'`. */
const proxmox: Recogniser = async (files) => {
  const info = await files.text('.cd-info');
  if (!files.has('.pve-cd-id.txt') && !/^PRODUCT='?p(ve|mg|bs)/m.test(info ?? '')) return undefined;
  const release = /^RELEASE='?([\d.]+)/m.exec(info ?? '')?.[1];
  return {
    system: 'proxmox',
    ...releaseIn(release),
    ...booted(files, ['boot/linux26'], ['boot/initrd.img']),
  };
};

const arch: Recogniser = async (files) => {
  if (first(files, 'arch/boot/*/vmlinuz-linux') === undefined) return undefined;
  return {
    system: 'arch',
    ...releaseIn(await files.text('arch/version')),
    ...booted(files, ['arch/boot/*/vmlinuz-linux'], ['arch/boot/*/initramfs-linux.img']),
  };
};

/** Its loader starts it, not Linux' way; the label says `14_1_RELEASE_AMD64_BO`. */
const freebsd: Recogniser = async (files) => {
  if (!files.has('boot/kernel/kernel') && !files.has('usr/freebsd-dist/MANIFEST')) return undefined;
  return { system: 'freebsd', ...releaseIn(files.label?.replaceAll('_', '.')), initrds: [] };
};

const nixos: Recogniser = async (files) => {
  if (!files.has('nix-store.squashfs')) return undefined;
  return {
    system: 'nixos',
    ...releaseIn(files.label?.replace(/^\D+/, '')),
    ...booted(
      files,
      ['boot/bzImage', 'boot/nix/store/*/bzImage'],
      ['boot/initrd', 'boot/nix/store/*/initrd'],
    ),
  };
};

const flatcar: Recogniser = async (files) => {
  const found = booted(files, ['flatcar_*pxe.vmlinuz'], ['flatcar_*pxe_image.cpio.gz']);
  if (found.kernel === undefined) return undefined;
  return { system: 'flatcar', ...releaseIn(await files.text('version.txt')), ...found };
};

/** Who is surest comes first: derivatives keep files of those that they come from. */
const recognisers = [
  windows,
  proxmox,
  arch,
  nixos,
  flatcar,
  treeInfo,
  discInfo,
  suse,
  freebsd,
  ubuntu,
  debian,
];

/** shim beside the GRUB that it starts. In EFI/BOOT the firmware's own name is shim's, if GRUB is there too. */
const findLoaders = (files: SourceFiles): SourceFacts['loaders'] => {
  const shims = [
    'debian-installer/*/bootnet*.efi',
    '*/bootx64.efi',
    '*/bootaa64.efi',
    'efi/boot/bootx64.efi',
    'efi/boot/bootaa64.efi',
    'efi/boot/shim*.efi',
  ];
  for (const pattern of shims) {
    const shim = first(files, pattern);
    const folder = shim?.slice(0, shim.lastIndexOf('/') + 1);
    const grub = first(files, `${folder}grubx64.efi`, `${folder}grubaa64.efi`, `${folder}grub.efi`);
    if (shim !== undefined && grub !== undefined) return { shim, grub };
  }
  return undefined;
};

const findArchitecture = (files: SourceFiles, told: string): SourceFacts['architecture'] => {
  const isArm = /aarch64|arm64|install\.a64/i;
  const isPc = /x86_64|amd64|install\.amd|bootx64|x64/i;
  if (isPc.test(told)) return 'x64';
  if (isArm.test(told) || first(files, 'efi/boot/bootaa64.efi') !== undefined) return 'arm64';
  return 'x64';
};

/** Which system's installer it is, and what starts it. */
export const recognise = async (files: SourceFiles): Promise<SourceFacts> => {
  let facts: Facts = { initrds: [] };
  for (const look of recognisers) {
    const found = await look(files);
    if (!found) continue;
    facts = found;
    break;
  }
  const loaders = findLoaders(files);
  const told = [facts.kernel, loaders?.grub, files.label, await files.text('.disk/info')].join(' ');
  return { ...facts, architecture: findArchitecture(files, told), ...(loaders && { loaders }) };
};
