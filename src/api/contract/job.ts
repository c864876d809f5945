import { z } from 'zod';
import { diskRoleSchema } from '../../fleet/disk-rule.ts';
import { named } from './named.ts';
import type { Route } from './route.ts';

const bytes = z.number().int().nonnegative();

/** What a check of an image found. */
export const verificationSchema = z.object({
  chunks: z.number().int().nonnegative(),
  bytes,
  /** The chunks that cannot be used, each with the volume that needs it. */
  bad: z.array(z.object({ id: z.string(), reason: z.string(), volume: z.string() })),
  /** Packs with damage outside chunks, in their index for example. */
  packs: z.array(z.object({ pack: z.string(), reason: z.string() })),
});

/** What a scrub of the whole store found. */
export const scrubbingSchema = z.object({
  /** That were read and hashed. */
  chunks: z.number().int().nonnegative(),
  /** With the images that need each, and whether a good copy took its place. */
  bad: z.array(
    z.object({ id: z.string(), reason: z.string(), images: z.array(z.string()), repaired: z.boolean() }),
  ),
});

/** Work on an image, or on an installer source, that takes longer than a request. Jobs are forgotten when the appliance stops. */
export const jobSchema = z.object({
  id: z.string(),
  kind: z.enum(['import', 'export', 'pull', 'scrub', 'verify', 'import-source']),
  /** The image's name (or its file's) for an import, the source's, else `name@version`. */
  image: z.string(),
  /** The file, or the address of the other appliance. */
  path: z.string().optional(),
  /** A check of so many of a hundred chunks, not of all. */
  samplePercent: z.number().optional(),
  /** Which system of a WIM. */
  index: z.number().int().positive().optional(),
  role: diskRoleSchema.optional(),
  state: z.enum(['running', 'done', 'failed', 'cancelled']),
  doneBytes: bytes,
  totalBytes: bytes,
  newChunks: z.number().int().nonnegative().optional(),
  reusedChunks: z.number().int().nonnegative().optional(),
  /** Of new chunks, packed: what came over the network. */
  fetchedBytes: bytes.optional(),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().optional(),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
  /** An import that is done: the version it made, or found to be there already; the source's name. */
  imported: z.string().optional(),
  /** A scrub that is done. */
  scrubbing: scrubbingSchema.optional(),
  /** A check that is done. */
  verification: verificationSchema.optional(),
});

export type Job = z.infer<typeof jobSchema>;
export type Scrubbing = z.infer<typeof scrubbingSchema>;
export type Verification = z.infer<typeof verificationSchema>;

const jobParams = z.object({ id: named('The job') });

export const jobRoutes = {
  listJobs: {
    method: 'get',
    path: '/jobs',
    summary: 'Imports, exports and checks of images, imports of installer sources',
    response: z.array(jobSchema),
  },
  getJob: {
    method: 'get',
    path: '/jobs/:id',
    summary: 'How far a job is',
    params: jobParams,
    response: jobSchema,
  },
  cancelJob: {
    method: 'delete',
    path: '/jobs/:id',
    summary: 'Stop a job; an import goes on where it was when it is asked for again',
    params: jobParams,
    response: jobSchema,
  },
} as const satisfies Record<string, Route>;
