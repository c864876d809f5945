import path from 'node:path';
import { GreifError } from '../../core/errors.ts';

/** IMAGE_SOURCE_INVALID with the file's name and what to do about it. */
export const sourceFault = (file: string, problem: string, cause?: unknown): GreifError =>
  new GreifError('IMAGE_SOURCE_INVALID', `${path.basename(file)} cannot be imported: ${problem}`, { cause });
