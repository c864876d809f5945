import { GreifError } from '../../core/errors.ts';
import type { Extent } from '../../image/disk/extents.ts';
import { type ReadTools, readExtents } from '../disk/read-extents.ts';

const zeros = Buffer.alloc(2 * 1024 * 1024);

export interface FindTools extends ReadTools {
  advanced(bytes: number): void;
}

/** Where the first byte in these extents is that is not zero, as the disk itself gives it back; `undefined`: all are. Throws DISK_NOT_WIPED. */
export const findData = async (extents: readonly Extent[], tools: FindTools): Promise<number | undefined> => {
  try {
    for await (const portion of readExtents(extents, tools)) {
      const { firstByte } = portion;
      const bytes = portion.bytes as Buffer;
      if (!zeros.subarray(0, bytes.length).equals(bytes))
        return firstByte + bytes.findIndex((byte) => byte !== 0);
      tools.advanced(bytes.length);
    }
  } catch (error) {
    if (!(error instanceof GreifError) || error.code !== 'READ_BACK_MISMATCH') throw error;
    throw new GreifError(
      'DISK_NOT_WIPED',
      `${error.message}: what lies there cannot be proven to be gone. Destroy the disk mechanically.`,
      { cause: error },
    );
  }
  return undefined;
};
