import { access, copyFile, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Architecture, architectures } from './architecture.ts';
import { packageFile } from './download.ts';
import { fingerprint } from './files.ts';
import { buildFirstStage, scriptsFolder } from './first-stage.ts';
import { kernelRelease, type Lock, type LockedPackage } from './lock.ts';
import { runDepmod } from './modules.ts';
import { addFromTree, openStaging } from './staging.ts';
import { buildSystemImage } from './system-image.ts';
import type { SystemParts } from './system-parts.ts';
import { openTree, type Tree, unpackPackages } from './tree.ts';

/** What does not change with the agent's code: slow to build, kept in the cache under the key of all that went into it. */
export interface Base {
  folder: string;
  /** Programs that pack the agent, and their libraries. */
  tools: Tree;
}

/** Loaders by the name that firmware asks for. GRUB's network build looks for its configuration where it came from itself. */
const loaderFiles = {
  'undionly.kpxe': 'usr/lib/ipxe/undionly.kpxe',
  'ipxe.efi': 'usr/lib/ipxe/ipxe-amd64.efi',
  'snponly.efi': 'usr/lib/ipxe/snponly.efi',
  'ipxe-arm64.efi': 'usr/lib/ipxe/ipxe-arm64.efi',
  'shimx64.efi': 'usr/lib/shim/shimx64.efi.signed',
  'grubx64.efi': 'usr/lib/grub/x86_64-efi-signed/grubnetx64.efi.signed',
  // Not for the network: it goes onto disks that are made here, and looks for /EFI/debian/grub.cfg beside the kernel.
  'grubx64-disk.efi': 'usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed',
  'shimaa64.efi': 'usr/lib/shim/shimaa64.efi.signed',
  'grubaa64.efi': 'usr/lib/grub/arm64-efi-signed/grubnetaa64.efi.signed',
  'shimia32.efi': 'usr/lib/shim/shimia32.efi.signed',
  'grubia32.efi': 'usr/lib/grub/i386-efi-signed/grubnetia32.efi.signed',
};

export const loaderNames = Object.keys(loaderFiles);

/** What a base is made from. The loaders of every processor come with x64's, which is always there. */
const partsOfLock = ({ loaders, systems }: Lock, architecture: Architecture) =>
  architecture === 'x64' ? { loaders, system: systems.x64 } : { system: systems[architecture] };

/** Another key means another base; comparing keys needs no build. */
export const baseKey = (lock: Lock, architecture: Architecture = 'x64'): Promise<string> =>
  fingerprint(
    [import.meta.dirname, scriptsFolder, path.resolve(import.meta.dirname, '../agent-system')],
    JSON.stringify(partsOfLock(lock, architecture)),
  );

export interface BaseOptions {
  lock: Lock;
  architecture: Architecture;
  cacheFolder: string;
  packagesFolder: string;
  /** Node's program, whose hash the lock names. */
  node: string;
  /** Another processor's base is packed by x64's programs. */
  tools: Tree | undefined;
  /** Builds even if the cache has it. */
  rebuild: boolean;
  report(line: string): void;
}

/** The name of a base in the cache. */
export const baseName = async (lock: Lock, architecture: Architecture = 'x64'): Promise<string> =>
  `base-${architecture}-${await baseKey(lock, architecture)}`;

/** The base for this lock, from the cache if it is there; otherwise built, and older ones removed. */
export const prepareBase = async (options: BaseOptions): Promise<Base> => {
  const { lock, architecture, cacheFolder, tools } = options;
  const name = await baseName(lock, architecture);
  const folder = path.join(cacheFolder, name);
  const there = await access(folder).then(
    () => true,
    () => false,
  );
  if (there && options.rebuild) await rm(folder, { recursive: true });
  if (!there || options.rebuild) await buildBase(options, folder);
  const others = architectures.filter((each) => each !== architecture).map((each) => `base-${each}-`);
  for (const other of await readdir(cacheFolder))
    if (other.startsWith('base-') && other !== name && !others.some((start) => other.startsWith(start)))
      await rm(path.join(cacheFolder, other), { recursive: true, force: true });
  return { folder, tools: tools ?? openTree(path.join(folder, 'tools')) };
};

/** Built beside its place and moved there when whole. */
const buildBase = async (options: BaseOptions, folder: string): Promise<void> => {
  const work = await mkdtemp(path.join(options.cacheFolder, 'building-'));
  try {
    const out = path.join(work, 'base');
    await mkdir(out);
    await buildInto(options, work, out);
    // Someone who built the same at the same time was quicker: theirs is as good.
    await rename(out, folder).catch(async (cause) => {
      await access(folder).catch(() => {
        throw cause;
      });
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
};

const toolPackages = /^(cpio|kmod|squashfs-tools|lib.*|zlib1g)$/;

const buildInto = async (
  { lock, architecture, packagesFolder, node, tools, report }: BaseOptions,
  work: string,
  out: string,
): Promise<void> => {
  const system = lock.systems[architecture];
  const files = (packages: readonly LockedPackage[]) =>
    packages.map((entry) => packageFile(packagesFolder, entry));
  report(`unpacking the Debian packages (${architecture})`);
  const tree = await unpackPackages(files(system.packages), path.join(work, 'tree'), architecture);
  const release = kernelRelease(system);
  const parts: SystemParts = { architecture, tree, tools: tools ?? tree, release };
  await runDepmod(parts.tools, tree.folder, release);
  const staging = openStaging(out);
  await addFromTree(staging, tree, `boot/vmlinuz-${release}`, 'vmlinuz');
  report('packing the first stage (busybox, drivers)');
  await writeFile(
    path.join(out, 'first-stage.cpio.zst'),
    await buildFirstStage(parts, path.join(work, 'first-stage')),
  );
  report("packing the agent's system (Node, disk tools, drivers): about a minute");
  await buildSystemImage(parts, {
    node,
    folder: path.join(work, 'system'),
    image: path.join(out, 'system.squashfs'),
  });
  if (architecture !== 'x64') return;
  const loaders = await unpackPackages(files(lock.loaders), path.join(work, 'loaders'));
  for (const [name, source] of Object.entries(loaderFiles))
    await addFromTree(staging, loaders, source, `loaders/${name}`);
  await unpackPackages(
    files(system.packages.filter(({ name }) => toolPackages.test(name))),
    path.join(out, 'tools'),
  );
};

/** What a base keeps ready for firmware, into the folder that it is served from. */
export const copyLoaders = async (base: Base, folder: string): Promise<void> => {
  await mkdir(folder, { recursive: true });
  for (const name of loaderNames) {
    const part = path.join(folder, `${name}.${process.pid}.part`);
    await copyFile(path.join(base.folder, 'loaders', name), part);
    await rename(part, path.join(folder, name));
  }
};
