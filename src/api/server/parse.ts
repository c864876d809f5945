import type { z } from 'zod';
import { GreifError } from '../../core/errors.ts';

/** A checked value, or BAD_REQUEST naming the field. `what` says where the value came from: `body`, `query`, … */
export const parse = <S extends z.ZodType>(schema: S, value: unknown, what: string): z.output<S> => {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues.map(({ path, message }) => ({
    field: path.length > 0 ? path.join('.') : what,
    message,
  }));
  const sentence = issues.map(({ field, message }) => `${field}: ${message}`).join('; ');
  throw new GreifError('BAD_REQUEST', sentence, { details: { issues } });
};
