import { type KeyRing, openKeyRing } from '../keys/key-ring.ts';
import type { S3Access } from '../s3/settings.ts';
import { restoreCatalogue, withBucketCopy } from './bucket-copy.ts';
import { type ImageStore, openImageStore } from './image-store.ts';

/** Where a store is, in plain values: to open it in another process. It may hold a secret: never log it. */
export interface StorePlace {
  folder: string;
  /** Where the appliance keeps its keys. */
  keysFolder: string;
  reserveBytes?: number | undefined;
  /** Packs, and a copy of manifests and indexes, are in this bucket. */
  bucket?: S3Access | undefined;
}

/** A folder without images is filled from the bucket first. Throws UNREACHABLE and CONFIG_INVALID for the bucket. */
export const openStoreAt = async (
  { folder, keysFolder, reserveBytes, bucket }: StorePlace,
  opened?: KeyRing,
): Promise<ImageStore> => {
  const keys = opened ?? (await openKeyRing(keysFolder));
  if (!bucket) return openImageStore(folder, keys, { reserveBytes });
  // Only here: the SDK takes 30 MB of memory.
  const { s3ObjectStore } = await import('../s3/object-store.ts');
  const objects = s3ObjectStore(bucket);
  await restoreCatalogue(folder, objects);
  return withBucketCopy(await openImageStore(folder, keys, { reserveBytes, objects }), objects);
};
