import type { FileHandle } from 'node:fs/promises';
import { decodePackIndex, packIndexOffset, packTailBytes } from './pack-format.ts';

/** As much of a pack's end as is read at once: index and tail of 64 MiB of chunks are about 80 KiB. */
const likelyIndexBytes = 128 * 1024;
const sectorBytes = 4096;

export type ReadRange = (offset: number, length: number) => Promise<Buffer | undefined>;

/** An index as it stands in a pack, and where it begins. `undefined`: there is no such pack. */
export const readPackIndex = async (
  read: ReadRange,
  sizeBytes: number,
): Promise<{ entries: Buffer; offset: number } | 'damaged' | undefined> => {
  const from = Math.max(0, sizeBytes - likelyIndexBytes);
  const end = await readAround(read, from, sizeBytes - from);
  if (!end) return undefined;
  const offset = packIndexOffset(end.subarray(-packTailBytes), sizeBytes);
  if (offset === undefined) return 'damaged';
  const whole =
    offset >= from ? end.subarray(offset - from) : await readAround(read, offset, sizeBytes - offset);
  const entries = whole && decodePackIndex(whole);
  return entries ? { entries, offset } : 'damaged';
};

/** Reads as much as the disk gives: sectors that cannot be read come as zeros. */
export const readAround = async (
  read: ReadRange,
  offset: number,
  length: number,
): Promise<Buffer | undefined> => {
  try {
    return await read(offset, length);
  } catch (thrown) {
    if (!isUnreadable(thrown)) throw thrown;
    if (length <= sectorBytes) return Buffer.alloc(length);
    const pieces: Buffer[] = [];
    for (let at = offset; at < offset + length; ) {
      const next = Math.min(offset + length, (Math.floor(at / sectorBytes) + 1) * sectorBytes);
      pieces.push((await readAround(read, at, next - at)) ?? Buffer.alloc(next - at));
      at = next;
    }
    return Buffer.concat(pieces);
  }
};

/** The disk's own "cannot read this". */
export const isUnreadable = (thrown: unknown): boolean => (thrown as NodeJS.ErrnoException).code === 'EIO';

/** Everything from `position` on; a disk that takes only a part is asked for the rest. */
export const writeAll = async (handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> => {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
};
