import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { GreifError } from '../../core/errors.ts';
import { bundleAgent } from './agent-bundle.ts';
import { type AgentFiles, assemble, readBuilt } from './assemble.ts';
import { baseKey, prepareBase } from './base.ts';
import { kernelRelease, type Lock, readLock } from './lock.ts';
import { lockAndDownload, nodePackage } from './locked-packages.ts';

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
    const { mtimeMs } = await stat(path.join(cacheFolder, name));
    if (Date.now() - mtimeMs > 3_600_000)
      await rm(path.join(cacheFolder, name), { recursive: true, force: true });
  }
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
  const nodeFolder = path.join(projectFolder, 'node_modules', nodePackage);

  const bundle = await bundleAgent(projectFolder, options.agentEntry);
  const keyFor = async (lock: Lock) => `${await baseKey(lock)}-${bundle.version}`;
  const locked = await readLock(lockFile);
  const built = await readBuilt(bootFolder);
  if (locked && built?.key === (await keyFor(locked)) && !update && !force) return built;

  await mkdir(cacheFolder, { recursive: true });
  await removeLeftovers(cacheFolder);
  const lock = await lockAndDownload({
    lockFile,
    packagesFolder,
    cacheFolder,
    nodeFolder,
    update,
    mirror: options.mirror,
    report,
  });
  const node = path.join(nodeFolder, 'bin/node');
  const base = await prepareBase({ lock, cacheFolder, packagesFolder, node, rebuild: force, report });
  report(`adding the agent ${bundle.version}`);
  const key = await keyFor(lock);
  await assemble({ base, bundle, bootFolder, cacheFolder, kernelRelease: kernelRelease(lock), key });
  const done = await readBuilt(bootFolder);
  if (!done)
    throw new GreifError('STEP_FAILED', 'boot/ was changed by someone else while it was made: start again');
  return done;
};
