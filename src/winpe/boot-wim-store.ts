import { mkdtemp, readdir, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { sha256Hex } from '../core/ids.ts';
import type { DriverStore } from '../drivers/driver-store.ts';
import { type BootWimParts, prepareBootWim } from './boot-wim.ts';
import { openMadeFolders } from './made-folders.ts';
import { startFiles } from './start-script.ts';

/** A boot.wim that is ready to be started. */
export interface ReadyBootWim {
  /** Of all that it was made of: its name in the store, and in the address that a PC fetches. */
  digest: string;
  file: string;
}

/** Prepared boot.wims, each made once for a medium and a set of drivers. */
export interface BootWimStore {
  /** Makes it if it is not there; who asks meanwhile waits for the same. Throws IMAGE_SOURCE_INVALID, DRIVER_NOT_FOUND, STORE_FULL. */
  get(parts: BootWimParts): Promise<ReadyBootWim>;
  /** `undefined`: there is none of that digest. */
  find(digest: string): Promise<ReadyBootWim | undefined>;
}

/** A few hundred mebibytes each. */
const keptAtMost = 8;
const fileName = 'boot.wim';

const digestOf = ({ medium, drivers }: BootWimParts): string =>
  sha256Hex(JSON.stringify([startFiles, medium.digest, drivers.map(({ digest }) => digest).sort()]));

/** The store in this folder, which is made if it is not there. */
export const openBootWimStore = async (
  root: string,
  drivers: Pick<DriverStore, 'read'>,
): Promise<BootWimStore> => {
  const made = await openMadeFolders(root);

  /** Those that were used longest ago go; who is fetching one keeps it open. */
  const makeRoom = async (): Promise<void> => {
    const used = await Promise.all(
      (await readdir(root))
        .filter((name) => !name.startsWith('.'))
        .map(async (name) => ({ name, at: (await stat(path.join(root, name))).mtimeMs })),
    );
    for (const { name } of used.sort((one, other) => other.at - one.at).slice(keptAtMost - 1))
      await rm(path.join(root, name), { recursive: true });
  };

  return {
    async find(digest) {
      const place = /^[0-9a-f]{64}$/.test(digest) ? await made.find(digest) : undefined;
      return place === undefined ? undefined : { digest, file: path.join(place, fileName) };
    },
    async get(parts) {
      const digest = digestOf(parts);
      const place = await made.get(digest, async (draft) => {
        await makeRoom();
        const scratch = await mkdtemp(path.join(draft, 'work-'));
        await prepareBootWim(parts, { target: path.join(draft, fileName), scratch, store: drivers });
        await rm(scratch, { recursive: true });
      });
      const now = new Date();
      await utimes(place, now, now);
      return { digest, file: path.join(place, fileName) };
    },
  };
};
