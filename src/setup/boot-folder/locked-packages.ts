import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { GreifError } from '../../core/errors.ts';
import type { Architecture } from './architecture.ts';
import { findMirror, type Mirror, resolveLoaders, resolvePackages } from './debian-archive.ts';
import { downloadPackages, prunePackages } from './download.ts';
import { type Lock, type LockedPackage, lockChanges, writeLock } from './lock.ts';
import { lockNode, type NodeFolders } from './locked-node.ts';
import { suite } from './packages.ts';

export interface LockedPackagesOptions {
  lockFile: string;
  /** What it says; `undefined` for none. */
  before: Lock | undefined;
  /** Those whose packages are wanted; the lock covers all. */
  architectures: readonly Architecture[];
  /** Where the packages lie once they are fetched. */
  packagesFolder: string;
  /** Below it: apt's lists, when the lock has to be made anew. */
  cacheFolder: string;
  nodeFolder: NodeFolders;
  /** Takes the mirror's present versions and rewrites the lock. */
  update: boolean;
  mirror: string | undefined;
  report(line: string): void;
}

const allPackages = ({ loaders, systems }: Lock): LockedPackage[] => [
  ...loaders,
  ...systems.x64.packages,
  ...systems.arm64.packages,
];

const wantedPackages = (
  { loaders, systems }: Lock,
  architectures: readonly Architecture[],
): LockedPackage[] => [
  ...loaders,
  ...architectures.flatMap((architecture) => systems[architecture].packages),
];

/** The lock as it is, with the Node that is there. */
const withPresentNodes = async (before: Lock, options: LockedPackagesOptions): Promise<Lock> => {
  const systems = { ...before.systems };
  for (const architecture of options.architectures) {
    const system = systems[architecture];
    const node = await lockNode(await options.nodeFolder(architecture), system.node);
    systems[architecture] = { ...system, node };
  }
  return { ...before, systems };
};

/** The lock made anew, for every processor. */
const resolveAll = async (mirror: Mirror, options: LockedPackagesOptions): Promise<Lock> => {
  const folder = path.join(options.cacheFolder, 'apt');
  const system = async (architecture: Architecture) => ({
    node: await lockNode(await options.nodeFolder(architecture), options.before?.systems[architecture].node),
    packages: await resolvePackages(folder, mirror, architecture),
  });
  return {
    suite,
    loaders: await resolveLoaders(folder, mirror),
    systems: { x64: await system('x64'), arm64: await system('arm64') },
  };
};

/**
 * The packages of the lock, in the packages folder; the lock made anew when asked for, or when the mirror has replaced one of them,
 * which is said line by line.
 */
export const lockAndDownload = async (options: LockedPackagesOptions): Promise<Lock> => {
  const { before, architectures, packagesFolder, report } = options;
  const present = before && (await withPresentNodes(before, options));
  let found: Promise<Mirror> | undefined;
  const mirror = () => {
    found ??= findMirror(options.mirror);
    return found;
  };
  const download = (lock: Lock) =>
    downloadPackages(wantedPackages(lock, architectures), packagesFolder, mirror);
  if (present && !options.update) {
    if ((await download(present)) === 'complete') return saveLock(options, present);
    report('ATTENTION: the mirror no longer has all locked versions. The present ones are taken instead:');
  }
  report(`reading the present versions of Debian ${suite}`);
  const after = await resolveAll(await mirror(), options);
  if ((await download(after)) !== 'complete')
    throw new GreifError(
      'UNREACHABLE',
      'the Debian mirror lists a package that it does not have: try again in an hour',
    );
  await prunePackages(allPackages(after), packagesFolder);
  return saveLock(options, after);
};

const saveLock = async ({ lockFile, before, report }: LockedPackagesOptions, after: Lock): Promise<Lock> => {
  if (isDeepStrictEqual(before, after)) return after;
  for (const change of before ? lockChanges(before, after) : []) report(`  ${change}`);
  await writeLock(lockFile, after);
  report(`${lockFile} was rewritten: commit it`);
  return after;
};
