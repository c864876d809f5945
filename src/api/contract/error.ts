import { z } from 'zod';

/** The body of every answer that is no success; the status is the catalogue's. */
export const errorBodySchema = z.object({
  error: z.object({
    /** A code of `core/errors.ts`. */
    code: z.string(),
    /** One sentence that says what to do. */
    message: z.string(),
    details: z.record(z.string(), z.unknown()).optional(),
  }),
});
export type ErrorBody = z.infer<typeof errorBodySchema>;
