import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { GreifError } from '../../core/errors.ts';
import { systems } from './architecture.ts';
import { firmwareFolders, systemModules } from './drivers.ts';
import { scriptsFolder } from './first-stage.ts';
import { addModules } from './modules.ts';
import { partcloneSystems, programLinks, systemPrograms } from './programs.ts';
import { addFromTree, openStaging, packSquashfs, type Staging } from './staging.ts';
import type { SystemParts } from './system-parts.ts';
import type { Tree } from './tree.ts';

const initFile = path.resolve(import.meta.dirname, '../agent-system/init');

/** `bin` and `sbin` below `usr`, as Debian has it since 12. */
const merged = (file: string): string => (file.startsWith('usr/') ? file : `usr/${file}`);

const addPrograms = async (
  staging: Staging,
  { tree, architecture }: SystemParts,
  node: string,
): Promise<void> => {
  const { libraryFolder, libraryLoader } = systems[architecture];
  const partclone = partcloneSystems.map((name) => `usr/sbin/partclone.${name}`);
  const libraries = new Set<string>();
  for (const file of [...systemPrograms, ...partclone]) {
    await addFromTree(staging, tree, file, merged(file));
    await collectLibraries(tree, (await tree.find(file)) ?? '', libraries);
  }
  await staging.add(node, 'usr/bin/node');
  await collectLibraries(tree, node, libraries);
  for (const library of libraries)
    await addFromTree(staging, tree, library, `usr/lib/${libraryFolder}/${path.basename(library)}`);
  await addFromTree(staging, tree, libraryLoader, merged(libraryLoader));
  for (const [link, to] of Object.entries(programLinks)) await staging.link(link, to);
};

const collectLibraries = async (tree: Tree, program: string, into: Set<string>): Promise<void> => {
  const { found, missing } = await tree.libraries(program);
  if (missing.length > 0)
    throw new GreifError(
      'STEP_FAILED',
      `${path.basename(program)} needs ${missing.join(', ')}: add its Debian package to src/setup/boot-folder/packages.ts`,
    );
  for (const library of found) into.add(library);
};

/**
 * The agent's system without the agent itself, as a squashfs image: Node, the disk tools with just the libraries that they load,
 * and drivers.
 */
export const buildSystemImage = async (
  parts: SystemParts,
  { node, folder, image }: { node: string; folder: string; image: string },
): Promise<void> => {
  const { tree, tools, architecture, release } = parts;
  const staging = openStaging(folder);
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) await staging.link(name, `usr/${name}`);
  for (const name of ['proc', 'sys', 'dev', 'run', 'tmp', 'root', 'etc', 'mnt', 'usr/lib'])
    await mkdir(path.join(folder, name), { recursive: true });
  await staging.link('etc/mtab', '../proc/self/mounts');
  await addPrograms(staging, parts, node);
  await staging.add(initFile, 'init');
  for (const name of (await readdir(scriptsFolder)).filter((file) => file.endsWith('.sh')))
    await staging.add(path.join(scriptsFolder, name), `usr/lib/greif/${name}`);
  for (const below of firmwareFolders) {
    const source = path.join(tree.folder, 'lib/firmware', below);
    for (const file of await readdir(source))
      await staging.add(path.join(source, file), `usr/lib/firmware/${below}/${file}`);
  }
  await addModules(staging, tree, tools, release, systemModules(architecture));
  await writeFile(path.join(folder, 'etc/os-release'), 'NAME="Greif agent"\nID=greif\n');
  // ssh-keygen asks who it works for.
  await writeFile(path.join(folder, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
  await packSquashfs(tools, folder, image);
};
