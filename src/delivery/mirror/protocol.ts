import { z } from 'zod';
import { manifestSchema, sha256Schema } from '../../image/format/manifest.ts';
import { publicKeySchema } from '../../image/format/signature.ts';

/**
 * What another appliance may read, on the room's port beside the chunks, with `Authorization: Bearer <images.mirror.token>`. Chunks need no token:
 * who knows an id has seen an index.
 *
 *     GET /images/v1/list                    offeredListSchema
 *     GET /images/v1/manifests/NAME@VERSION  offeredManifestSchema
 *     GET /images/v1/indexes/DIGEST          the `.caibx` bytes
 */
export const mirrorPrefix = '/images/v1';

export const offeredListSchema = z.object({
  /** The key with which this appliance signs now. */
  key: publicKeySchema,
  images: z.array(
    z.object({
      name: manifestSchema.shape.name,
      version: manifestSchema.shape.version,
      /** SHA-256 of the manifest. */
      digest: sha256Schema,
      channels: z.array(z.string().max(64)),
    }),
  ),
});

export const offeredManifestSchema = z.object({
  /** The manifest's exact bytes. */
  text: z.string().max(4 * 2 ** 20),
  signature: z.string().max(128),
  /** Whose signature it is. */
  signer: publicKeySchema.optional(),
});

export type OfferedList = z.infer<typeof offeredListSchema>;
export type OfferedManifest = z.infer<typeof offeredManifestSchema>;
