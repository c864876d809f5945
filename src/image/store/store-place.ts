import { openKeyRing } from '../keys/key-ring.ts';
import { type ImageStore, openImageStore } from './image-store.ts';

/** Where a store is, in plain values: to open it in another process. */
export interface StorePlace {
  folder: string;
  /** Where the appliance keeps its keys. */
  keysFolder: string;
  reserveBytes?: number | undefined;
}

export const openStoreAt = async ({ folder, keysFolder, reserveBytes }: StorePlace): Promise<ImageStore> =>
  openImageStore(folder, await openKeyRing(keysFolder), { reserveBytes });
