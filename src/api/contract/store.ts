import { z } from 'zod';
import { jobSchema } from './job.ts';
import type { Route } from './route.ts';

const bytes = z.number().int().nonnegative();
const count = z.number().int().nonnegative();

export const storeStatusSchema = z.object({
  folder: z.string(),
  images: count,
  packs: count,
  /** Of the packs, those that are still written to. */
  openPacks: count,
  chunks: count,
  packBytes: bytes,
  /** In packs, needed by no image. */
  garbageBytes: bytes,
  /** On the disk of the store's folder. */
  freeBytes: bytes,
  totalBytes: bytes,
  /** Imports and captures stop before less than this is free. */
  reserveBytes: bytes,
  /** The appliance's file systems; empty when they cannot be told. */
  disks: z.array(
    z.object({
      device: z.string(),
      mountPoint: z.string(),
      totalBytes: bytes,
      usedBytes: bytes,
      freeBytes: bytes,
      holdsStore: z.boolean(),
    }),
  ),
});

/** What a collection of garbage did. */
export const collectionSchema = z.object({
  /** False: an import counts on chunks; it collects at its end. */
  collected: z.boolean(),
  removedPacks: count,
  rewrittenPacks: count,
  copiedChunks: count,
  freedBytes: z.number().int(),
  damagedPacks: z.array(z.string()),
});

export type StoreStatus = z.infer<typeof storeStatusSchema>;

export const storeRoutes = {
  scrubStore: {
    method: 'post',
    path: '/store/scrub',
    summary: 'Read and hash every chunk, and replace damaged ones by good copies from elsewhere: a job',
    body: z.strictObject({
      repairFrom: z
        .array(
          z
            .string()
            .max(4096)
            .regex(/^(http:\/\/|\/)/, 'http://… or an absolute path'),
        )
        .max(16)
        .optional()
        .meta({
          description:
            "Other appliances' ports for rooms, or exports on the appliance's own disk; without it, those of `images.mirror.from`",
        }),
    }),
    response: jobSchema,
  },
  getStore: {
    method: 'get',
    path: '/store',
    summary: 'The image store: packs, garbage, free space, and the disks of the appliance',
    response: storeStatusSchema,
  },
  collectGarbage: {
    method: 'post',
    path: '/store/collect',
    summary: 'Remove chunks that no image needs; this happens by itself when an image is removed',
    response: collectionSchema,
  },
} as const satisfies Record<string, Route>;
