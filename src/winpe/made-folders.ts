import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { unlessMissing } from '../core/missing.ts';
import { orSourcesFull } from '../sources/source-space.ts';

/** Folders that are each made once, by a key that is all that their content depends on. */
export interface MadeFolders {
  /** `undefined`: it is not made. */
  find(key: string): Promise<string | undefined>;
  /** Fills an empty folder if it is not made yet; who asks meanwhile waits for the same. It is there whole or not at all. Throws STORE_FULL. */
  get(key: string, make: (draft: string) => Promise<void>): Promise<string>;
}

const draftPrefix = '.draft-';

/** In this folder, which is made if it is not there. What is not kept is removed now, as is what was not finished. */
export const openMadeFolders = async (
  root: string,
  isKept: (key: string) => boolean = () => true,
): Promise<MadeFolders> => {
  await mkdir(root, { recursive: true });
  for (const name of await readdir(root))
    if (name.startsWith(draftPrefix) || !isKept(name)) await rm(path.join(root, name), { recursive: true });
  const underWay = new Map<string, Promise<string>>();

  const find = async (key: string): Promise<string | undefined> => {
    const place = path.join(root, key);
    return (await stat(place).catch(unlessMissing)) && place;
  };
  const fill = async (key: string, make: (draft: string) => Promise<void>): Promise<string> => {
    const draft = await mkdtemp(path.join(root, draftPrefix));
    const place = path.join(root, key);
    try {
      await make(draft);
      await rename(draft, place);
      return place;
    } catch (fault) {
      throw orSourcesFull(fault);
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
  };
  return {
    find,
    async get(key, make) {
      const found = await find(key);
      if (found !== undefined) return found;
      const running = underWay.get(key) ?? fill(key, make).finally(() => underWay.delete(key));
      underWay.set(key, running);
      return running;
    },
  };
};
