import type { StoreUsage } from '../packs/usage.ts';
import { type Disk, listDisks } from './disks.ts';
import { type FreeSpace, freeSpace } from './free-space.ts';
import type { ImageStore } from './image-store.ts';

export interface StoreStatus extends StoreUsage, FreeSpace {
  folder: string;
  images: number;
  reserveBytes: number;
  disks: Disk[];
}

/** The store as a person wants to see it. Reads the index of every image. */
export const storeStatus = async (images: ImageStore, reserveBytes: number): Promise<StoreStatus> => {
  const [usage, space, disks] = await Promise.all([
    images.usage(),
    freeSpace(images.folder),
    listDisks(images.folder),
  ]);
  return { folder: images.folder, reserveBytes, disks, ...usage, ...space };
};
