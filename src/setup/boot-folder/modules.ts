import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { GreifError } from '../../core/errors.ts';
import type { Staging } from './staging.ts';
import type { Tree } from './tree.ts';

export type ModuleDependencies = ReadonlyMap<string, readonly string[]>;

/** The lines `path: path path` of depmod's modules.dep. */
export const parseDependencies = (text: string): ModuleDependencies =>
  new Map(
    text
      .split('\n')
      .filter((line) => line.includes(':'))
      .map((line) => {
        const [file = '', needs = ''] = line.split(':');
        return [file, needs.split(' ').filter(Boolean)] as const;
      }),
  );

export const readDependencies = async (modulesFolder: string): Promise<ModuleDependencies> =>
  parseDependencies(await readFile(path.join(modulesFolder, 'modules.dep'), 'utf8'));

/** The kernel takes `-` and `_` in a module's name as the same. */
const moduleName = (file: string): string =>
  path
    .basename(file)
    .replace(/\.ko(\.\w+)?$/, '')
    .replaceAll('-', '_');

/** Pure: the wanted modules and all that they need, sorted. Throws STEP_FAILED when the kernel has no such module. */
export const moduleClosure = (all: ModuleDependencies, wanted: readonly string[], builtin = ''): string[] => {
  const builtinNames = new Set(builtin.split('\n').map(moduleName));
  const chosen = wanted.flatMap((want) => {
    const files = [...all.keys()].filter((file) =>
      want.endsWith('/') ? file.startsWith(`kernel/${want}`) : moduleName(file) === want.replaceAll('-', '_'),
    );
    if (files.length === 0 && !builtinNames.has(want.replaceAll('-', '_')))
      throw new GreifError(
        'STEP_FAILED',
        `the kernel has no module ${want}: correct src/setup/boot-folder/drivers.ts`,
      );
    return files;
  });
  // modules.dep lists every dependency, direct or not.
  return [...new Set(chosen.flatMap((file) => [file, ...(all.get(file) ?? [])]))].sort();
};

/**
 * The wanted modules below `lib/modules` of a file system in the making, with depmod's tables over just these.
 * depmod must have run on the tree before.
 */
export const addModules = async (
  staging: Staging,
  tree: Tree,
  tools: Tree,
  release: string,
  wanted: readonly string[],
): Promise<void> => {
  const folder = `lib/modules/${release}`;
  const source = path.join(tree.folder, folder);
  const builtin = await readFile(path.join(source, 'modules.builtin'), 'utf8');
  for (const file of moduleClosure(await readDependencies(source), wanted, builtin))
    await staging.add(path.join(source, file), `${folder}/${file}`);
  for (const table of ['modules.builtin', 'modules.builtin.modinfo', 'modules.order'])
    await staging.add(path.join(source, table), `${folder}/${table}`);
  await runDepmod(tools, staging.folder, release);
};

/** kmod is one program that acts by the name it is called by. */
export const runDepmod = async (tools: Tree, folder: string, release: string): Promise<void> => {
  await tools.run('bin/kmod', ['-b', folder, release], { as: 'depmod' });
};
