import { z } from 'zod';

/** At least as much as nobody guesses. */
const token = z
  .string()
  .regex(/^[\w.~+/=-]{16,256}$/, 'a token: 16 letters and digits or more ("openssl rand -hex 24" makes one)');

/**
 * What to fetch: `debian-12` (what the other side means by it: its channel `stable`, else the newest), `debian-12@stable`, `debian-12@3`,
 * `debian-12@newest`, `debian-12@*` (every version). `*` in a name stands for any letters.
 */
const patternSchema = z
  .string()
  .regex(
    /^[a-z0-9*][a-z0-9._*-]{0,62}(@([a-z0-9][a-z0-9-]{0,30}|\*))?$/,
    'NAME, NAME@CHANNEL, NAME@VERSION or NAME@*',
  );

export const mirrorSchema = z.strictObject({
  /** Other appliances that know this may read the images of this one; empty: none may. */
  token: z.union([z.literal(''), token]),
  /** Appliances whose images are fetched. */
  from: z.array(
    z.strictObject({
      /** Its port for rooms: `http://10.0.0.1:8080`. */
      url: z.url({ protocol: /^http$/ }),
      /** Its `images.mirror.token`. */
      token,
      images: z.array(patternSchema).min(1),
      /** A timer cannot wait for longer than 24 days. */
      everyMinutes: z.number().positive().max(30_000),
    }),
  ),
});

export type MirrorSettings = z.infer<typeof mirrorSchema>;
export type MirroredAppliance = MirrorSettings['from'][number];
