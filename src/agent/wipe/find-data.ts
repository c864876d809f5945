import { GreifError } from '../../core/errors.ts';
import type { Extent } from '../disk/block-device.ts';
import { type ReadBackTools, readExtent } from '../disk/read-back.ts';

const zeros = Buffer.alloc(2 * 1024 * 1024);

/** Where the first byte in these extents is that is not zero, as the disk itself gives it back; `undefined`: all are. Throws DISK_NOT_WIPED. */
export const findData = async (
  extents: readonly Extent[],
  tools: ReadBackTools,
): Promise<number | undefined> => {
  for (const extent of extents) {
    let at = extent.firstByte;
    try {
      for await (const bytes of readExtent(extent, tools)) {
        if (!zeros.subarray(0, bytes.length).equals(bytes)) return at + bytes.findIndex((byte) => byte !== 0);
        at += bytes.length;
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
  }
  return undefined;
};
