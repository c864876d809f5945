import { z } from 'zod';

/** apt-cacher-ng 3.7.4 neither opens nor asks a higher one (seen). */
const portAtMost = 32_767;

/** `http://host[:port]/path`, without what would end a line or a field of apt-cacher-ng's configuration. */
const mirrorUrl = (schemes: RegExp) =>
  z
    .url({ protocol: schemes })
    .regex(/^[^\s;#]+$/, 'an address without blanks')
    .refine(
      (url) => !URL.canParse(url) || Number(new URL(url).port) <= portAtMost,
      `a port of at most ${portAtMost}`,
    );

/** `sources.packageCache` of the configuration. */
export const packageCacheSchema = z.strictObject({
  enabled: z.boolean(),
  port: z.number().int().min(1).max(portAtMost),
  /** What may be fetched; everything else is refused. */
  mirrors: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[a-z][a-z0-9-]{0,30}$/, 'small letters, digits and hyphens'),
        /** As PCs name it; several of the same content are kept once. */
        urls: z.array(mirrorUrl(/^http$/)).min(1),
        /** Where it is fetched from, if that is another place; the next one when one does not answer. */
        from: z.array(mirrorUrl(/^https?$/)).default([]),
      }),
    )
    .min(1)
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'a mirror is named twice'),
});

export type PackageCacheSettings = z.infer<typeof packageCacheSchema>;
