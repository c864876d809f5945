import type { AdminRoutes } from '../contract/admin.ts';
import type { StoreStatus } from '../contract/store.ts';
import type { ImageJobs } from './image-jobs.ts';
import type { Handlers } from './mount.ts';

type Collection = {
  removedPacks: number;
  rewrittenPacks: number;
  copiedChunks: number;
  freedBytes: number;
  damagedPacks: string[];
};

/** What the API needs of the image store as a place on disks. */
export interface ImageStorage {
  status(): Promise<StoreStatus>;
  /** Where a scrub looks for good copies unless it is told. */
  repairFrom?: readonly string[];
  /** `undefined`: somebody counts on chunks that nothing needs yet. */
  collect(): Promise<Collection | undefined>;
}

const nothing = { removedPacks: 0, rewrittenPacks: 0, copiedChunks: 0, freedBytes: 0, damagedPacks: [] };

export const storageHandlers = (
  storage: ImageStorage,
  jobs: Pick<ImageJobs, 'scrub'>,
): Handlers<Pick<AdminRoutes, 'getStore' | 'collectGarbage' | 'scrubStore'>> => ({
  scrubStore: async ({ body }) => jobs.scrub(body.repairFrom ?? storage.repairFrom ?? []),
  getStore: () => storage.status(),
  async collectGarbage() {
    const collection = await storage.collect();
    return { collected: collection !== undefined, ...(collection ?? nothing) };
  },
});
