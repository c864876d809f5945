import { access, mkdir, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { GreifError } from '../../core/errors.ts';
import { unlessMissing } from '../../core/missing.ts';
import { bundleAgent } from './agent-bundle.ts';
import { type Architecture, architectures, systems } from './architecture.ts';
import { type AgentFiles, assemble, readBuilt } from './assemble.ts';
import { baseKey, prepareBase } from './base.ts';
import { kernelRelease, type Lock, readLock } from './lock.ts';
import { nodeFolders } from './locked-node.ts';
import { lockAndDownload } from './locked-packages.ts';
import type { Tree } from './tree.ts';

export interface BootFolderOptions {
  projectFolder: string;
  /** What firmware is served from; `boot/` of the project unless told. */
  bootFolder?: string;
  /** Downloads and what was built of them; `cache` in the boot folder unless told. */
  cacheFolder?: string;
  /** Downloaded packages; `packages` in the cache unless told. */
  packagesFolder?: string;
  lockFile?: string;
  agentEntry?: string;
  /** Beside x64 and what the boot folder has already. */
  architectures?: readonly Architecture[];
  /** Takes the mirror's present versions and rewrites the lock. */
  update?: boolean;
  /** Builds everything anew. */
  force?: boolean;
  /** A Debian mirror's address; that of this machine's apt unless told. */
  mirror?: string | undefined;
  report(line: string): void;
}

/** Left by a run that was killed; a build takes minutes at most. */
const removeLeftovers = async (cacheFolder: string): Promise<void> => {
  for (const name of await readdir(cacheFolder)) {
    if (!/^(building|assembling)-/.test(name)) continue;
    const found = await stat(path.join(cacheFolder, name)).catch(unlessMissing);
    if (found && Date.now() - found.mtimeMs > 3_600_000)
      await rm(path.join(cacheFolder, name), { recursive: true, force: true });
  }
};

/** x64 first, as its programs pack the others. */
const architecturesFor = async (
  bootFolder: string,
  asked: readonly Architecture[],
): Promise<Architecture[]> => {
  const wanted: Architecture[] = [];
  for (const architecture of architectures) {
    const isThere = await access(path.join(bootFolder, systems[architecture].folder, 'agent.json')).then(
      () => true,
      () => false,
    );
    if (architecture === 'x64' || isThere || asked.includes(architecture)) wanted.push(architecture);
  }
  return wanted;
};

/**
 * Makes `boot/` what the lock file and the agent's present code say. Does nothing when it is so already; builds only what changed.
 * Throws UNREACHABLE, PACKAGE_MISMATCH, STORE_FULL or STEP_FAILED, each with its remedy.
 */
export const prepareBootFolder = async (options: BootFolderOptions): Promise<AgentFiles> => {
  const { projectFolder, report, update = false, force = false } = options;
  const bootFolder = options.bootFolder ?? path.join(projectFolder, 'boot');
  const cacheFolder = options.cacheFolder ?? path.join(bootFolder, 'cache');
  const packagesFolder = options.packagesFolder ?? path.join(cacheFolder, 'packages');
  const lockFile = options.lockFile ?? path.join(projectFolder, 'boot/boot.lock.json');
  const nodeFolder = nodeFolders(projectFolder, cacheFolder);
  const wanted = await architecturesFor(bootFolder, options.architectures ?? []);

  const bundle = await bundleAgent(projectFolder, options.agentEntry);
  const keyFor = async (lock: Lock, architecture: Architecture) =>
    `${await baseKey(lock, architecture)}-${bundle.version}`;
  const isBuilt = async (lock: Lock, architecture: Architecture) =>
    (await readBuilt(bootFolder, architecture))?.key === (await keyFor(lock, architecture));
  const locked = await readLock(lockFile).catch((error: GreifError) => {
    if (update && error.code === 'CONFIG_INVALID') return undefined;
    throw error;
  });
  const areBuilt = locked && (await Promise.all(wanted.map((each) => isBuilt(locked, each))));
  const built = await readBuilt(bootFolder);
  if (built && areBuilt?.every(Boolean) && !update && !force) return built;

  await mkdir(cacheFolder, { recursive: true });
  await removeLeftovers(cacheFolder);
  const lock = await lockAndDownload({
    lockFile,
    before: locked,
    architectures: wanted,
    packagesFolder,
    cacheFolder,
    nodeFolder,
    update,
    mirror: options.mirror,
    report,
  });
  let tools: Tree | undefined;
  for (const architecture of wanted) {
    const node = path.join(await nodeFolder(architecture), 'bin/node');
    const parts = { lock, architecture, cacheFolder, packagesFolder, node, tools, rebuild: force, report };
    const base = await prepareBase(parts);
    tools ??= base.tools;
    if (!force && (await isBuilt(lock, architecture))) continue;
    report(`adding the agent ${bundle.version} (${architecture})`);
    const release = kernelRelease(lock.systems[architecture]);
    const key = await keyFor(lock, architecture);
    await assemble({ architecture, base, bundle, bootFolder, cacheFolder, kernelRelease: release, key });
  }
  const done = await readBuilt(bootFolder);
  if (!done)
    throw new GreifError('STEP_FAILED', 'boot/ was changed by someone else while it was made: start again');
  return done;
};
