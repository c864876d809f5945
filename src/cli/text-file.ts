import { readFile } from 'node:fs/promises';
import { GreifError } from '../core/errors.ts';

/** The text of a file that a person named. Throws BAD_REQUEST. */
export const readText = (file: string): Promise<string> =>
  readFile(file, 'utf8').catch((cause: Error) => {
    throw new GreifError('BAD_REQUEST', `${file} cannot be read: ${cause.message}`, { cause });
  });
