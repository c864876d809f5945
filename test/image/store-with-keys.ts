import path from 'node:path';
import { openKeyRing } from '../../src/image/keys/key-ring.ts';
import { type ImageStore, openImageStore } from '../../src/image/store/image-store.ts';

/** Where `storeWithKeys` has the keys of a store. */
export const keysFolderOf = (folder: string): string => path.join(folder, 'keys');

/** A store that signs with a key kept beside it. */
export const storeWithKeys = async (folder: string): Promise<ImageStore> =>
  openImageStore(folder, await openKeyRing(keysFolderOf(folder)));
