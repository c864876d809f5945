import {
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { sha256Hex } from '../core/ids.ts';
import { unlessMissing } from '../core/missing.ts';
import type { DriverStore } from '../drivers/driver-store.ts';
import { type BootWimParts, prepareBootWim } from './boot-wim.ts';
import { startFiles } from './start-script.ts';

/** A boot.wim that is ready to be started. */
export interface ReadyBootWim {
  /** Of all that it was made of: its name in the store, and in the address that a PC fetches. */
  digest: string;
  file: string;
  /** Whether Windows PE can fetch over HTTP. */
  hasCurl: boolean;
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
const noteSchema = z.object({ hasCurl: z.boolean() });

/** The header holds a GUID that each writing of a WIM makes anew, and the places and sizes of all that follows ([MS-WIM] section 2.2, 208 bytes). */
const headerOf = async (file: string): Promise<string> => {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(208), 0, 208, 0);
    return buffer.toString('hex', 0, bytesRead);
  } finally {
    await handle.close();
  }
};

const digestOf = async ({ bootWim, installWim, drivers }: BootWimParts): Promise<string> => {
  const media = await Promise.all([bootWim, installWim].flatMap((file) => (file ? [headerOf(file)] : [])));
  const packages = drivers.map(({ digest }) => digest).sort();
  return sha256Hex(JSON.stringify([startFiles, media, packages]));
};

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
    const place = path.join(folder, digest);
    const note = await readFile(path.join(place, 'prepared.json'), 'utf8').catch(unlessMissing);
    if (note === undefined) return undefined;
    return { digest, file: path.join(place, 'boot.wim'), ...noteSchema.parse(JSON.parse(note)) };
  };

  /** Those that were used longest ago go; who is fetching one keeps it open. */
  const makeRoom = async (): Promise<void> => {
    const used = await Promise.all(
      (await readdir(folder))
        .filter((name) => !name.startsWith(draftPrefix))
        .map(async (name) => ({ name, at: (await stat(path.join(folder, name))).mtimeMs })),
    );
    for (const { name } of used.sort((one, other) => other.at - one.at).slice(keptAtMost - 1))
      await rm(path.join(folder, name), { recursive: true });
  };

  const make = async (digest: string, parts: BootWimParts): Promise<ReadyBootWim> => {
    const draft = await mkdtemp(path.join(folder, draftPrefix));
    try {
      const made = path.join(draft, 'made');
      await mkdir(made);
      const target = path.join(made, 'boot.wim');
      const { hasCurl } = await prepareBootWim(parts, { target, scratch: draft, store: drivers });
      await writeFile(path.join(made, 'prepared.json'), JSON.stringify({ hasCurl }), { flush: true });
      await makeRoom();
      await rename(made, path.join(folder, digest));
      return { digest, file: path.join(folder, digest, 'boot.wim'), hasCurl };
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
  };

  return {
    find,
    async get(parts) {
      const digest = await digestOf(parts);
      const ready = await find(digest);
      if (ready) {
        const now = new Date();
        await utimes(path.join(folder, digest), now, now);
        return ready;
      }
      const running = underWay.get(digest) ?? make(digest, parts).finally(() => underWay.delete(digest));
      underWay.set(digest, running);
      return running;
    },
  };
};
