import { mkdir, mkdtemp, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { sha256Hex } from '../core/ids.ts';
import { unlessMissing } from '../core/missing.ts';
import type { DriverStore } from '../drivers/driver-store.ts';
import { orSourcesFull } from '../sources/source-space.ts';
import { type BootWimParts, prepareBootWim } from './boot-wim.ts';
import { startFiles } from './start-script.ts';

/** A boot.wim that is ready to be started. */
export interface ReadyBootWim {
  /** Of all that it was made of: its name in the store, and in the address that a PC fetches. */
  digest: string;
  file: string;
}

/** Prepared boot.wims, each made once for a medium and a set of drivers. */
export interface BootWimStore {
  /** Makes it if it is not there; who asks meanwhile waits for the same. Throws as `prepareBootWim`. */
  get(parts: BootWimParts): Promise<ReadyBootWim>;
  /** `undefined`: there is none of that digest. */
  find(digest: string): Promise<ReadyBootWim | undefined>;
}

/** A few hundred mebibytes each. */
const keptAtMost = 8;
const draftPrefix = '.draft-';

const digestOf = ({ medium, drivers }: BootWimParts): string =>
  sha256Hex(JSON.stringify([startFiles, medium.digest, drivers.map(({ digest }) => digest).sort()]));

/** The store in this folder, which is made if it is not there. */
export const openBootWimStore = async (
  folder: string,
  drivers: Pick<DriverStore, 'read'>,
): Promise<BootWimStore> => {
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder))
    if (name.startsWith(draftPrefix)) await rm(path.join(folder, name), { recursive: true });
  const underWay = new Map<string, Promise<ReadyBootWim>>();

  const find = async (digest: string): Promise<ReadyBootWim | undefined> => {
    if (!/^[0-9a-f]{64}$/.test(digest)) return undefined;
    const file = path.join(folder, `${digest}.wim`);
    return (await stat(file).catch(unlessMissing)) && { digest, file };
  };

  /** Those that were used longest ago go; who is fetching one keeps it open. */
  const makeRoom = async (): Promise<void> => {
    const used = await Promise.all(
      (await readdir(folder))
        .filter((name) => !name.startsWith(draftPrefix))
        .map(async (name) => ({ name, at: (await stat(path.join(folder, name))).mtimeMs })),
    );
    for (const { name } of used.sort((one, other) => other.at - one.at).slice(keptAtMost - 1))
      await rm(path.join(folder, name));
  };

  const make = async (digest: string, parts: BootWimParts): Promise<ReadyBootWim> => {
    const scratch = await mkdtemp(path.join(folder, draftPrefix));
    try {
      const target = path.join(scratch, 'boot.wim');
      await prepareBootWim(parts, { target, scratch, store: drivers });
      await makeRoom();
      const file = path.join(folder, `${digest}.wim`);
      await rename(target, file);
      return { digest, file };
    } catch (fault) {
      throw orSourcesFull(fault);
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  };

  return {
    find,
    async get(parts) {
      const digest = digestOf(parts);
      const ready = await find(digest);
      if (ready) {
        const now = new Date();
        await utimes(ready.file, now, now);
        return ready;
      }
      const running = underWay.get(digest) ?? make(digest, parts).finally(() => underWay.delete(digest));
      underWay.set(digest, running);
      return running;
    },
  };
};
