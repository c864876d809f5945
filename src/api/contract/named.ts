import { z } from 'zod';

/** A name in an address or a form, described for the OpenAPI document. */
export const named = (what: string) => z.string().min(1).max(256).meta({ description: what });

/** What a deletion answers. */
export const removedSchema = z.object({ removed: z.string() });
