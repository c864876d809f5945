import path from 'node:path';
import { GreifError } from '../../core/errors.ts';

/** IMAGE_SOURCE_INVALID with the file's name and what to do about it. */
export const sourceFault = (file: string, problem: string, cause?: unknown): GreifError =>
  new GreifError('IMAGE_SOURCE_INVALID', `${path.basename(file)} cannot be imported: ${problem}`, { cause });

/** For `catch` at the first look at a source: IMAGE_SOURCE_INVALID. */
export const unreadableSource =
  (file: string) =>
  (cause: NodeJS.ErrnoException): never => {
    throw sourceFault(file, cause.code === 'ENOENT' ? 'there is no such file' : cause.message, cause);
  };
