import { liveBytesOf, markChunks, type NeededIds } from './collect.ts';
import type { PackStore } from './pack-store.ts';

export interface StoreUsage {
  packs: number;
  /** Of the packs, those that are still written to. */
  openPacks: number;
  chunks: number;
  packBytes: number;
  /** Bytes in packs that no image needs: most of them go when garbage is collected. */
  garbageBytes: number;
}

export const measureUsage = async (store: PackStore, needed: NeededIds): Promise<StoreUsage> => {
  await store.refresh();
  const isNeeded = await markChunks(store, needed);
  const usage: StoreUsage = { packs: 0, openPacks: 0, chunks: 0, packBytes: 0, garbageBytes: 0 };
  for (const pack of store.shelf.packs) {
    const { place } = pack;
    const sizeBytes = place.kind === 'sealed' ? place.sizeBytes : pack.end;
    usage.packs++;
    if (place.kind === 'open') usage.openPacks++;
    usage.chunks += pack.count;
    usage.packBytes += sizeBytes;
    usage.garbageBytes += Math.max(0, sizeBytes - liveBytesOf(pack, isNeeded));
  }
  return usage;
};
