import { GreifError } from '../../core/errors.ts';

/** Reads `length` bytes at `position`; bytes past the end of the disk come back as zeros or not at all. */
export type ReadAt = (position: number, length: number) => Promise<Buffer>;

/** Throws PARTITION_TABLE_INVALID. `beyondEnd`: the table may be right and the disk cut short. */
export const invalidTable = (problem: string, details?: { beyondEnd: true }): GreifError =>
  new GreifError('PARTITION_TABLE_INVALID', `the partition table cannot be used: ${problem}`, {
    ...(details && { details }),
  });
