import { mkdir, readdir, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { run } from '../program.ts';
import { espSerial, grubStub, layout, rootUuid } from './recipe.ts';
import type { Tell } from './system.ts';

const sectorBytes = 512;

/** sfdisk's script; the type names are its own. */
const partitionScript = (): string => {
  const { biosBoot, esp, root } = layout;
  const line = (
    { firstByte, sizeBytes }: { firstByte: number; sizeBytes: number },
    type: string,
    name: string,
  ) => `start=${firstByte / sectorBytes}, size=${sizeBytes / sectorBytes}, type=${type}, name=${name}`;
  return [
    'label: gpt',
    line(biosBoot, '21686148-6449-6E6F-744E-656564454649', 'bios-boot'),
    line(esp, 'uefi', 'esp'),
    line(root, 'linux', 'root'),
    '',
  ].join('\n');
};

/** Debian's signed loaders, taken out of their packages: nothing is installed on this machine. */
const fetchSignedLoaders = async (work: string): Promise<{ shim: string; grub: string }> => {
  const folder = path.join(work, 'loaders');
  await mkdir(folder);
  const inFolder = ['-c', 'cd "$0" && exec apt-get -q -o APT::Sandbox::User=root download "$@"', folder];
  await run('sh', [...inFolder, 'shim-signed', 'grub-efi-amd64-signed']);
  const packages = (await readdir(folder)).filter((name) => name.endsWith('.deb'));
  for (const name of packages) await run('dpkg-deb', ['-x', path.join(folder, name), folder]);
  return {
    shim: path.join(folder, 'usr/lib/shim/shimx64.efi.signed'),
    grub: path.join(folder, 'usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed'),
  };
};

/** The host's kernel may know no FAT: mtools writes into the image file itself. */
const fillEsp = async (disk: string, work: string): Promise<void> => {
  const { shim, grub } = await fetchSignedLoaders(work);
  const stub = path.join(work, 'grub.cfg');
  await writeFile(stub, grubStub);
  const { firstByte, sizeBytes } = layout.esp;
  const offset = `--offset=${firstByte / sectorBytes}`;
  // One sector a cluster, or so small a FAT32 would count as FAT16.
  const options = ['-F', '32', '-s', '1', '-n', 'ESP', '-i', espSerial, offset];
  await run('mkfs.vfat', [...options, disk, `${sizeBytes / 1024}`]);
  const image = ['-i', `${disk}@@${firstByte}`];
  await run('mmd', [...image, '::EFI', '::EFI/debian', '::EFI/BOOT']);
  for (const [from, to] of [
    [shim, 'EFI/debian/shimx64.efi'],
    [grub, 'EFI/debian/grubx64.efi'],
    [stub, 'EFI/debian/grub.cfg'],
    [shim, 'EFI/BOOT/BOOTX64.EFI'],
    [grub, 'EFI/BOOT/grubx64.efi'],
  ] as const)
    await run('mcopy', [...image, from, `::${to}`]);
};

const fillRoot = async (disk: string, system: string): Promise<void> => {
  const { firstByte, sizeBytes } = layout.root;
  const options = ['-q', '-F', '-t', 'ext4', '-L', 'root', '-U', rootUuid, '-d', system];
  await run('mke2fs', [...options, '-E', `offset=${firstByte}`, disk, `${sizeBytes / 1024}k`]);
};

/** Gives the body a loop device over the file, from `offset` on. */
const withLoop = async (
  file: string,
  offset: number,
  body: (device: string) => Promise<void>,
): Promise<void> => {
  const device = (await run('losetup', ['--find', '--show', '--offset', String(offset), file])).trim();
  try {
    await body(device);
  } finally {
    await run('losetup', ['--detach', device]);
  }
};

const withMount = async (device: string, folder: string, body: () => Promise<void>): Promise<void> => {
  await mkdir(folder);
  await run('mount', [device, folder]);
  try {
    await body();
  } finally {
    await run('umount', [folder]);
  }
};

/**
 * GRUB for BIOS wants to see the disk, and its root mounted. The root gets a loop device of its own, as a machine without
 * devtmpfs makes no nodes for partitions; GRUB then looks for the root by its UUID.
 */
const installBiosGrub = (disk: string, work: string): Promise<void> =>
  withLoop(disk, 0, (whole) =>
    withLoop(disk, layout.root.firstByte, (root) => {
      const folder = path.join(work, 'mount');
      const boot = `--boot-directory=${folder}/boot`;
      return withMount(root, folder, async () => {
        await run('grub-install', ['--target=i386-pc', '--modules=part_gpt', boot, whole]);
      });
    }),
  );

/** Makes a raw, sparse disk image that boots from BIOS, UEFI and UEFI with Secure Boot. `work` is a scratch folder. */
export const buildDisk = async (disk: string, system: string, work: string, tell: Tell): Promise<void> => {
  tell('partition table');
  await writeFile(disk, '');
  await truncate(disk, layout.diskBytes);
  await run('sfdisk', ['-q', disk], { input: partitionScript() });
  tell('EFI system partition');
  await fillEsp(disk, work);
  tell('root file system');
  await fillRoot(disk, system);
  tell('GRUB for BIOS');
  await installBiosGrub(disk, work);
};
