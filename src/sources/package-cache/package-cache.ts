import { access, constants, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { GreifError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { Service } from '../../core/start-all.ts';
import { Turns } from '../../core/turns.ts';
import { renderConfiguration } from './configuration.ts';
import { keepRunning } from './keep-running.ts';
import type { PackageCacheSettings } from './settings.ts';

/** A cache of packages for the PCs of a room: Debian's apt-cacher-ng, as a child of the appliance. */
export interface PackageCache {
  /** The proxy as PCs at this address of ours see it. */
  urlAt(address: string): string;
  /** Serves on this address as well, until it is closed. */
  listenAt(address: string): Promise<Service>;
  close(): Promise<void>;
}

export interface PackageCacheOptions {
  settings: PackageCacheSettings;
  /** Its packages, log and configuration; made if it is not there. */
  folder: string;
  log: Log;
  /** Where Debian's package puts it. */
  program?: string;
}

const assertProgram = (program: string): Promise<void> =>
  access(program, constants.X_OK).catch((cause) => {
    throw new GreifError(
      'CONFIG_INVALID',
      `sources.packageCache needs ${program}: apt-get install --no-install-recommends apt-cacher-ng, then systemctl disable --now apt-cacher-ng (the appliance starts one of its own); or set sources.packageCache.enabled to false`,
      { cause },
    );
  });

/** Runs while it serves on any address. Throws CONFIG_INVALID when the program is missing. */
export const openPackageCache = async (options: PackageCacheOptions): Promise<PackageCache> => {
  const { settings, folder, log, program = '/usr/sbin/apt-cacher-ng' } = options;
  await assertProgram(program);
  const configuration = path.join(folder, 'configuration');
  for (const name of ['configuration', 'packages', 'log'])
    await mkdir(path.join(folder, name), { recursive: true });
  const addresses = new Set<string>();
  const turns = new Turns(1);
  let running: Service | undefined;

  /** The program reads its addresses once, when it starts. */
  const restart = () =>
    turns.run(async () => {
      await running?.close();
      running = undefined;
      if (addresses.size === 0) return;
      const text = renderConfiguration(settings, { folder, addresses: [...addresses] });
      await writeFile(path.join(configuration, 'acng.conf'), text);
      running = keepRunning('the package cache', program, ['-c', configuration], log);
    });

  return {
    urlAt: (address) => `http://${address}:${settings.port}`,
    async listenAt(address) {
      addresses.add(address);
      await restart();
      return {
        async close() {
          addresses.delete(address);
          await restart();
        },
      };
    },
    async close() {
      addresses.clear();
      await restart();
    },
  };
};
