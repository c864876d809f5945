import { access, copyFile, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { packageFile } from './download.ts';
import { fingerprint } from './files.ts';
import { buildFirstStage, scriptsFolder } from './first-stage.ts';
import { kernelRelease, type Lock } from './lock.ts';
import { runDepmod } from './modules.ts';
import { addFromTree, openStaging } from './staging.ts';
import { buildSystemImage } from './system-image.ts';
import { openTree, type Tree, unpackPackages } from './tree.ts';

/** What does not change with the agent's code: slow to build, kept in the cache under the key of all that went into it. */
export interface Base {
  folder: string;
  /** Programs that pack the agent, and their libraries. */
  tree: Tree;
}

/** Loaders by the name that firmware asks for. GRUB's network build looks for its configuration by TFTP. */
const loaderFiles = {
  'undionly.kpxe': 'usr/lib/ipxe/undionly.kpxe',
  'ipxe.efi': 'boot/ipxe.efi',
  'snponly.efi': 'usr/lib/ipxe/snponly.efi',
  'shimx64.efi': 'usr/lib/shim/shimx64.efi.signed',
  'grubx64.efi': 'usr/lib/grub/x86_64-efi-signed/grubnetx64.efi.signed',
};

export const loaderNames = Object.keys(loaderFiles);

/** Another key means another base; comparing keys needs no build. */
export const baseKey = (lock: Lock): Promise<string> =>
  fingerprint(
    [import.meta.dirname, scriptsFolder, path.resolve(import.meta.dirname, '../agent-system')],
    JSON.stringify(lock),
  );

export interface BaseOptions {
  lock: Lock;
  cacheFolder: string;
  packagesFolder: string;
  /** Node's program, whose hash the lock names. */
  node: string;
  /** Builds even if the cache has it. */
  rebuild: boolean;
  report(line: string): void;
}

/** The base for this lock, from the cache if it is there; otherwise built, and older ones removed. */
export const prepareBase = async (options: BaseOptions): Promise<Base> => {
  const { lock, cacheFolder } = options;
  const name = `base-${await baseKey(lock)}`;
  const folder = path.join(cacheFolder, name);
  const there = await access(folder).then(
    () => true,
    () => false,
  );
  if (there && options.rebuild) await rm(folder, { recursive: true });
  if (!there || options.rebuild) await buildBase(options, folder);
  for (const other of await readdir(cacheFolder))
    if (other.startsWith('base-') && other !== name)
      await rm(path.join(cacheFolder, other), { recursive: true, force: true });
  return { folder, tree: openTree(path.join(folder, 'tools')) };
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

const toolPackages = /^(cpio|squashfs-tools|lib.*|zlib1g)$/;

const buildInto = async (
  { lock, packagesFolder, node, report }: BaseOptions,
  work: string,
  out: string,
): Promise<void> => {
  const files = (wanted: RegExp) =>
    lock.packages
      .filter((entry) => wanted.test(entry.name))
      .map((entry) => packageFile(packagesFolder, entry));
  report('unpacking the Debian packages');
  const tree = await unpackPackages(files(/./), path.join(work, 'tree'));
  const release = kernelRelease(lock);
  await runDepmod(tree, tree.folder, release);
  const staging = openStaging(out);
  for (const [name, source] of Object.entries(loaderFiles))
    await addFromTree(staging, tree, source, `loaders/${name}`);
  await addFromTree(staging, tree, `boot/vmlinuz-${release}`, 'vmlinuz');
  report('packing the first stage (busybox, drivers)');
  await writeFile(
    path.join(out, 'first-stage.cpio.zst'),
    await buildFirstStage(tree, release, path.join(work, 'first-stage')),
  );
  report("packing the agent's system (Node, disk tools, drivers): about a minute");
  await buildSystemImage(tree, {
    release,
    node,
    folder: path.join(work, 'system'),
    image: path.join(out, 'system.squashfs'),
  });
  await unpackPackages(files(toolPackages), path.join(out, 'tools'));
};

/** What a base keeps ready for firmware, into the folder that it is served from. */
export const copyLoaders = async (base: Base, folder: string): Promise<void> => {
  for (const name of loaderNames) {
    const part = path.join(folder, `${name}.${process.pid}.part`);
    await copyFile(path.join(base.folder, 'loaders', name), part);
    await rename(part, path.join(folder, name));
  }
};
