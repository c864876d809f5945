import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { constants, zstdCompress } from 'node:zlib';
import { firmwareFolders, firstStageModules } from './drivers.ts';
import { addModules } from './modules.ts';
import { addFromTree, openStaging, packCpio } from './staging.ts';
import type { SystemParts } from './system-parts.ts';

export const scriptsFolder = path.resolve(import.meta.dirname, '../first-stage');

const compress = promisify(zstdCompress);

/** The first stage's initramfs without the hash of the agent's system, which is added last: busybox, scripts, drivers. */
export const buildFirstStage = async (
  { tree, tools, architecture, release }: SystemParts,
  folder: string,
): Promise<Buffer> => {
  const staging = openStaging(folder);
  await addFromTree(staging, tree, 'bin/busybox', 'bin/busybox');
  // The kernel itself calls this path, for a network card's PHY for example.
  await staging.link('sbin/modprobe', '../bin/busybox');
  for (const name of await readdir(scriptsFolder))
    await staging.add(path.join(scriptsFolder, name), name === 'init' ? 'init' : `lib/greif/${name}`);
  for (const below of firmwareFolders) {
    const source = path.join(tree.folder, 'lib/firmware', below);
    for (const file of await readdir(source))
      await staging.add(path.join(source, file), `lib/firmware/${below}/${file}`);
  }
  await addModules(staging, tree, tools, release, firstStageModules(architecture));
  await dropBinaryTables(path.join(folder, 'lib/modules', release));
  // Level 19 keeps to a window of 8 MiB, which the kernel takes.
  return compress(await packCpio(tools, folder), { params: { [constants.ZSTD_c_compressionLevel]: 19 } });
};

/** busybox reads depmod's text tables only. */
const dropBinaryTables = async (folder: string): Promise<void> => {
  for (const name of await readdir(folder))
    if (/\.bin$|^modules\.(order|builtin\.modinfo|devname)$/.test(name)) await rm(path.join(folder, name));
};
