import { access, copyFile, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { AgentBundle } from './agent-bundle.ts';
import { type Architecture, systems } from './architecture.ts';
import { type Base, copyLoaders, loaderNames } from './base.ts';
import { replaceFile, sha256OfFile } from './files.ts';
import { openStaging, packCpio, packSquashfs } from './staging.ts';

/** `agent.json`: what the files beside it are. */
export interface AgentFiles {
  version: string;
  kernel: string;
  kernelRelease: string;
  initrd: string;
  root: { file: string; sizeBytes: number; sha256: string };
  /** Of everything that went into them: another key, another build. */
  key: string;
}

/** What must be there of a processor's system: the loaders of all of them come with x64's. */
const bootFiles = (architecture: Architecture): string[] => {
  const { folder } = systems[architecture];
  const loaders = architecture === 'x64' ? loaderNames.map((name) => `loaders/${name}`) : [];
  return [...loaders, `${folder}/vmlinuz`, `${folder}/initrd.img`];
};

/** What is in the boot folder now for this processor; `undefined` if something of it is missing or was cut short. */
export const readBuilt = async (
  bootFolder: string,
  architecture: Architecture = 'x64',
): Promise<AgentFiles | undefined> => {
  const { folder } = systems[architecture];
  try {
    const built: AgentFiles = JSON.parse(await readFile(path.join(bootFolder, folder, 'agent.json'), 'utf8'));
    for (const file of bootFiles(architecture)) await access(path.join(bootFolder, file));
    const { size } = await stat(path.join(bootFolder, folder, built.root.file));
    return size === built.root.sizeBytes ? built : undefined;
  } catch {
    return undefined;
  }
};

export interface AssembleOptions {
  architecture: Architecture;
  base: Base;
  bundle: AgentBundle;
  bootFolder: string;
  /** For what is in the making; on the same file system as the boot folder. */
  cacheFolder: string;
  kernelRelease: string;
  key: string;
}

/** Adds the agent to its system and the system's hash to the first stage. A folder cut short has no or an old `agent.json`. */
export const assemble = async ({
  architecture,
  base,
  bundle,
  bootFolder,
  cacheFolder,
  kernelRelease,
  key,
}: AssembleOptions): Promise<void> => {
  const work = await mkdtemp(path.join(cacheFolder, 'assembling-'));
  const { folder } = systems[architecture];
  const place = (name: string) => path.join(bootFolder, folder, name);
  try {
    const image = await addAgent(base, bundle, work);
    const root = {
      file: 'root.squashfs',
      sizeBytes: (await stat(image)).size,
      sha256: await sha256OfFile(image),
    };
    const initrd = await packInitrd(base, path.join(work, 'hash'), folder, root);
    await mkdir(place('.'), { recursive: true });
    if (architecture === 'x64') await copyLoaders(base, path.join(bootFolder, 'loaders'));
    await replaceFile(place('vmlinuz'), await readFile(path.join(base.folder, 'vmlinuz')));
    await rename(image, place(root.file));
    await replaceFile(place('initrd.img'), initrd);
    const files: AgentFiles = {
      version: bundle.version,
      kernel: 'vmlinuz',
      kernelRelease,
      initrd: 'initrd.img',
      root,
      key,
    };
    await replaceFile(place('agent.json'), `${JSON.stringify(files, null, 2)}\n`);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
};

/** Appended to the system's image, whose compressed blocks stay as they are: seconds instead of minutes. */
const addAgent = async (base: Base, bundle: AgentBundle, work: string): Promise<string> => {
  const image = path.join(work, 'root.squashfs');
  const folder = path.join(work, 'agent');
  await mkdir(path.join(folder, 'agent'), { recursive: true });
  await writeFile(path.join(folder, 'agent/agent.mjs'), bundle.code);
  await writeFile(path.join(folder, 'agent/version'), `${bundle.version}\n`);
  await copyFile(path.join(base.folder, 'system.squashfs'), image);
  await packSquashfs(base.tools, folder, image, { append: true });
  return image;
};

/**
 * The kernel unpacks one archive after the other: a small one with the hash of the agent's system, uncompressed as it wants the
 * first to be, then the large one that does not change with the agent.
 */
const packInitrd = async (
  base: Base,
  work: string,
  folder: string,
  root: AgentFiles['root'],
): Promise<Buffer> => {
  const staging = openStaging(work);
  await mkdir(path.join(staging.folder, 'lib/greif'), { recursive: true });
  await writeFile(
    path.join(staging.folder, 'lib/greif/system'),
    `system_file=${folder}/${root.file}\nsystem_bytes=${root.sizeBytes}\nsystem_sha256=${root.sha256}\n`,
  );
  return Buffer.concat([
    await packCpio(base.tools, staging.folder),
    await readFile(path.join(base.folder, 'first-stage.cpio.zst')),
  ]);
};
