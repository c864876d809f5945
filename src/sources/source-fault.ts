import { GreifError } from '../core/errors.ts';

/** SOURCE_INVALID: what is wrong with what was to be imported. */
export const sourceFault = (reason: string, cause?: unknown): GreifError =>
  new GreifError('SOURCE_INVALID', `this is no installer source that can be served: ${reason}`, { cause });
