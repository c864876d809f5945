import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { rootedFiles } from '../../core/rooted-files.ts';
import { assertRoomFor, startTool } from '../import/run-tool.ts';
import { sourceFault } from '../import/source-fault.ts';
import { installBiosGrub } from './bios-grub.ts';
import { type EspFile, fillEsp } from './esp.ts';
import {
  type FreshDisk,
  make,
  makeFreshDisk,
  type PlacedPartition,
  type WantedPartition,
} from './fresh-disk.ts';
import { findLinux, grubStub, makeStartable } from './linux-root.ts';
import { ArchiveFault, type Layer, mergeLayers } from './merge-layers.ts';

const mebibyte = 1024 * 1024;

const startPartitions: readonly WantedPartition[] = [
  { name: 'bios-boot', type: '21686148-6449-6E6F-744E-656564454649', sizeBytes: mebibyte },
  { name: 'esp', type: 'uefi', sizeBytes: 128 * mebibyte },
];

/** Room for what the first start writes; the file system grows to the disk when it is deployed. */
const rootBytes = (contentBytes: number): number =>
  Math.max(1024 * mebibyte, Math.ceil(contentBytes * 1.2) + 256 * mebibyte);

export interface LinuxDiskOptions {
  layers: readonly Layer[];
  /** The file or folder that they come from, for messages. */
  source: string;
  /** The folder of the appliance's signed loaders: `shimx64.efi` and `grubx64-disk.efi`. */
  loaders: string;
  /** The raw file to make. */
  target: string;
  /** An empty folder to work in. */
  scratch: string;
  signal?: AbortSignal | undefined;
}

/** Owners and device nodes as the archive has them, also for an appliance that is not root: then fakeroot keeps them in a file. */
const asOwner = async (state: string): Promise<string[]> => {
  if (process.getuid?.() === 0) return [];
  await writeFile(state, '');
  return ['fakeroot', '-i', state, '-s', state, '--'];
};

/** Unpacks what the layers make together. */
const unpackRoot = async (
  { layers, source, signal }: LinuxDiskOptions,
  root: string,
  owner: readonly string[],
): Promise<void> => {
  await mkdir(root, { mode: 0o700 });
  const options = ['--extract', '--numeric-owner', '--preserve-permissions', '--directory', root];
  const [program = 'tar', ...args] = [...owner, 'tar', ...options];
  const child = startTool(program, args, signal);
  try {
    await mergeLayers(layers, child.stdin);
  } catch (thrown) {
    child.stdin.destroy();
    const ended = await child.ended;
    if (thrown instanceof ArchiveFault) throw sourceFault(source, thrown.message, thrown);
    assertRoomFor(ended);
    const said = ended.status > 0 ? ended.complaint : (thrown as Error).message;
    throw sourceFault(
      source,
      `it cannot be unpacked, so it is damaged or no root file system (${said})`,
      thrown,
    );
  }
  const ended = await child.ended;
  assertRoomFor(ended);
  if (ended.status !== 0) throw sourceFault(source, `it cannot be unpacked (${ended.complaint})`);
};

const contentBytesOf = async (root: string, signal: AbortSignal | undefined): Promise<number> =>
  Number((await make('du', ['--summarize', '--block-size=1', root], { signal })).split('\t')[0]);

/** Loaders, and the folder of the EFI system partition in which that GRUB looks for its configuration. */
interface Loaders {
  shim: string;
  grub: string;
  folder: string;
}

const ownGrub = 'usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed';
/** The plain name may be a link of Debian's alternatives. */
const ownShims = ['usr/lib/shim/shimx64.efi.signed', 'usr/lib/shim/shimx64.efi.signed.latest'];

/** The distribution's own signed loaders where its root has them, since they trust its kernel; else Debian's. */
const loadersOf = async (root: string, ours: string): Promise<Loaders> => {
  const files = rootedFiles(root);
  const release = (await files.read('usr/lib/os-release')) ?? (await files.read('etc/os-release')) ?? '';
  const distribution = /^ID="?([a-z0-9._-]+)"?$/m.exec(release)?.[1];
  if (distribution && (await files.digest(ownGrub)))
    for (const shim of ownShims)
      if (await files.digest(shim))
        return { shim: path.join(root, shim), grub: path.join(root, ownGrub), folder: distribution };
  return {
    shim: path.join(ours, 'shimx64.efi'),
    grub: path.join(ours, 'grubx64-disk.efi'),
    folder: 'debian',
  };
};

const espFiles = ({ shim, grub, folder }: Loaders, stub: string): EspFile[] => [
  { from: shim, to: `EFI/${folder}/shimx64.efi` },
  { from: grub, to: `EFI/${folder}/grubx64.efi` },
  { from: stub, to: `EFI/${folder}/grub.cfg` },
  { from: shim, to: 'EFI/BOOT/BOOTX64.EFI' },
  { from: grub, to: 'EFI/BOOT/grubx64.efi' },
];

const fillRoot = async (
  disk: FreshDisk,
  { firstByte, sizeBytes }: PlacedPartition,
  {
    root,
    owner,
    uuid,
    signal,
  }: { root: string; owner: readonly string[]; uuid: string; signal: AbortSignal | undefined },
): Promise<void> => {
  // Older GRUBs and e2fsprogs do not know the two features.
  const features = ['-O', '^orphan_file,^metadata_csum_seed'];
  const options = ['-q', '-F', '-t', 'ext4', ...features, '-L', 'root', '-U', uuid, '-d', root];
  const [program = 'mke2fs', ...args] = [...owner, 'mke2fs', ...options];
  await make(program, [...args, '-E', `offset=${firstByte}`, disk.file, `${sizeBytes / 1024}k`], { signal });
};

/**
 * Makes a disk of a root file system: ext4, and loaders for BIOS and UEFI; with a kernel that Debian signed, or the distribution whose own
 * signed loaders it has, Secure Boot stays on. Throws IMAGE_SOURCE_INVALID when nothing in it can be started, ENOSPC.
 */
export const buildLinuxDisk = async (options: LinuxDiskOptions): Promise<void> => {
  const { source, target, scratch, signal } = options;
  const root = path.join(scratch, 'root');
  const owner = await asOwner(path.join(scratch, 'owners'));
  await unpackRoot(options, root, owner);
  const linux = await findLinux(rootedFiles(root));
  if ('lacks' in linux) throw sourceFault(source, `it has ${linux.lacks}`);
  const sizeBytes = rootBytes(await contentBytesOf(root, signal));
  const wanted = [...startPartitions, { name: 'root', type: 'linux', sizeBytes }];
  const disk = await makeFreshDisk(target, wanted, signal);
  const [bios, esp, system] = disk.partitions as [PlacedPartition, PlacedPartition, PlacedPartition];
  const rootUuid = randomUUID();
  const stub = path.join(scratch, 'grub.cfg');
  await writeFile(stub, grubStub(rootUuid));
  const files = espFiles(await loadersOf(root, options.loaders), stub);
  const espSerial = await fillEsp(disk, esp, files, signal);
  await makeStartable(rootedFiles(root), linux, { rootUuid, espSerial });
  await fillRoot(disk, system, { root, owner, uuid: rootUuid, signal });
  await installBiosGrub(disk, bios, { config: grubStub(rootUuid), scratch, signal });
};
