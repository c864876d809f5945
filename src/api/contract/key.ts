import { z } from 'zod';
import { publicKeySchema } from '../../image/format/signature.ts';
import { trustedKeySchema } from '../../image/keys/key-files.ts';
import { removedSchema } from './named.ts';
import type { Route } from './route.ts';

const keysSchema = z.object({
  /** The key with which this appliance signs. */
  present: publicKeySchema,
  trusted: z.array(trustedKeySchema),
});

export type { TrustedKey } from '../../image/keys/key-files.ts';

export const keyRoutes = {
  getKeys: {
    method: 'get',
    path: '/keys',
    summary: 'The public key with which this appliance signs manifests, and all whose signatures it accepts',
    response: keysSchema,
  },
  trustKey: {
    method: 'post',
    path: '/keys',
    summary: "Trust another appliance's key: images that it signed may be used",
    body: z.strictObject({ key: publicKeySchema, comment: z.string().trim().min(1).max(256) }),
    response: trustedKeySchema,
  },
  distrustKey: {
    method: 'delete',
    path: '/keys/:key',
    summary: 'Trust a key no longer: what only it signed can no longer be used',
    params: z.object({ key: publicKeySchema }),
    response: removedSchema,
  },
  rotateKey: {
    method: 'post',
    path: '/key-rotation',
    summary: 'Make a new key and sign with it what the former ones signed; the former stay trusted',
    response: keysSchema.extend({ signedAgain: z.number().int().nonnegative() }),
  },
} as const satisfies Record<string, Route>;
