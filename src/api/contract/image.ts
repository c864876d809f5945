import { z } from 'zod';
import { diskRoleSchema } from '../../fleet/disk-rule.ts';
import { manifestSchema, sha256Schema } from '../../image/format/manifest.ts';
import { publicKeySchema } from '../../image/format/signature.ts';
import { jobSchema } from './job.ts';
import { named, removedSchema } from './named.ts';
import type { Route } from './route.ts';

const filePath = (what: string) =>
  z.string().max(4096).regex(/^\//, 'an absolute path on the appliance').meta({ description: what });

const bytes = z.number().int().nonnegative();

export const imageParams = z.object({
  image: named(
    'The image: `name@version`, `name@channel`, `name@newest`, or `name`: its channel `stable` if there is one, else its newest version',
  ),
});

export const imageSummarySchema = z.object({
  /** `name@version`. */
  ref: z.string(),
  digest: sha256Schema,
  createdAt: z.iso.datetime(),
  diskSizeBytes: bytes,
  minimumDiskBytes: bytes,
  dataBytes: bytes,
});

export type { Source } from '../../image/format/manifest.ts';
export type ImageSummary = z.infer<typeof imageSummarySchema>;

export const imageRoutes = {
  listImages: {
    method: 'get',
    path: '/images',
    summary: 'All images, every version',
    response: z.array(imageSummarySchema),
  },
  getImage: {
    method: 'get',
    path: '/images/:image',
    summary: 'An image with its manifest',
    params: imageParams,
    response: imageSummarySchema.extend({ manifest: manifestSchema }),
  },
  removeImage: {
    method: 'delete',
    path: '/images/:image',
    summary: 'Remove a version of an image, or all of a bare name, and the chunks that no other needs',
    params: imageParams,
    response: removedSchema,
  },
  verifyImage: {
    method: 'post',
    path: '/images/:image/verify',
    summary: 'Read and hash every chunk of an image, or a random sample of them: a job',
    params: imageParams,
    query: z.object({
      samplePercent: z.coerce
        .number()
        .positive()
        .max(100)
        .optional()
        .meta({ description: 'So many of a hundred chunks; else all' }),
    }),
    response: jobSchema,
  },
  importImage: {
    method: 'post',
    path: '/image-imports',
    summary:
      "Import an image, or another appliance's export, from a file on the appliance's own disk: a job; repeated, it goes on where it was",
    body: z.strictObject({
      name: manifestSchema.shape.name
        .optional()
        .meta({ description: 'Needed for a disk image; an export has one of its own' }),
      path: filePath(
        "Raw, qcow2, vmdk, vhdx, a WIM, a root file system or container image as tar, optionally in gz, xz or zst; a folder in the OCI image layout, or of Clonezilla or FOG; casync's index of a disk (.caibx); or an export",
      ),
      store: z
        .string()
        .max(4096)
        .regex(/^(\/|https?:\/\/)/, 'an absolute path on the appliance, or an http(s) address')
        .optional()
        .meta({
          description: "Where a casync index's chunks are; without it `default.castr` beside the index",
        }),
      trust: publicKeySchema
        .optional()
        .meta({ description: 'A key to trust from now on: that of the appliance which made the export' }),
      index: z
        .number()
        .int()
        .positive()
        .optional()
        .meta({ description: 'Which system of a WIM; not needed when it holds but one' }),
      role: diskRoleSchema
        .optional()
        .meta({ description: "What the disk that gets it is there for; the system's disk unless told" }),
    }),
    response: jobSchema,
  },
  pullImage: {
    method: 'post',
    path: '/image-pulls',
    summary:
      'Fetch an image from another appliance, only what is missing here: a job; repeated, it goes on where it was',
    body: z.strictObject({
      image: named('`name@version`, or `name` or `name@channel` as the other appliance means it'),
      from: z.url({ protocol: /^http$/ }).meta({ description: "The other appliance's port for rooms" }),
      token: z
        .string()
        .max(256)
        .optional()
        .meta({ description: 'Its `images.mirror.token`; not needed for one of `images.mirror.from`' }),
      trust: publicKeySchema
        .optional()
        .meta({ description: 'A key to trust from now on: that of the other appliance' }),
    }),
    response: jobSchema,
  },
  exportImage: {
    method: 'post',
    path: '/images/:image/export',
    summary: "Write an image with all its chunks into one file on the appliance's own disk: a job",
    params: imageParams,
    body: z.strictObject({ path: filePath('A file that is not there yet') }),
    response: jobSchema,
  },
} as const satisfies Record<string, Route>;
