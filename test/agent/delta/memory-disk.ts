import { setImmediate as turn } from 'node:timers/promises';
import type { BlockDevice } from '../../../src/agent/disk/block-device.ts';
import { type Extent, endOf } from '../../../src/image/disk/extents.ts';

const sector = 512;

export class PowerCut extends Error {}

export interface MemoryDisk extends BlockDevice {
  readonly bytes: Buffer;
  /** Writes and zeroings so far. */
  readonly writes: number;
}

export interface MemoryDiskOptions {
  makesZeros: boolean;
  /** The write with this number (from 0) is torn after some of its sectors, and nothing works any more. */
  cutAt?: number;
}

/**
 * A block device in memory that is stricter than a real one: whatever is not aligned to sectors or meets a write that is under way
 * throws. Writes take effect a turn of the event loop later.
 */
export const memoryDisk = (
  bytes: Buffer,
  { makesZeros, cutAt = Infinity }: MemoryDiskOptions,
): MemoryDisk => {
  const underWay = new Set<Extent>();
  let writes = 0;
  let isOff = false;
  const check = (place: Extent): void => {
    if (isOff) throw new PowerCut('the power is off');
    if (place.firstByte % sector !== 0 || place.sizeBytes % sector !== 0)
      throw new Error(`not aligned: ${place.sizeBytes} bytes at ${place.firstByte}`);
    if (place.firstByte < 0 || endOf(place) > bytes.length) throw new Error('beyond the end');
    for (const other of underWay)
      if (other.firstByte < endOf(place) && place.firstByte < endOf(other))
        throw new Error(`bytes ${place.firstByte} to ${endOf(place)} meet a write that is under way`);
  };
  const change = async (place: Extent, apply: (sizeBytes: number) => void): Promise<void> => {
    check(place);
    const isTorn = writes++ === cutAt;
    underWay.add(place);
    await turn();
    underWay.delete(place);
    if (isOff) throw new PowerCut('the power is off');
    isOff = isTorn;
    apply(isTorn ? Math.floor(place.sizeBytes / 2 / sector) * sector : place.sizeBytes);
    if (isTorn) throw new PowerCut('power cut');
  };
  return {
    path: 'memory',
    sizeBytes: bytes.length,
    makesZeros,
    direct: true,
    bytes,
    get writes() {
      return writes;
    },
    async read(buffer, firstByte) {
      check({ firstByte, sizeBytes: buffer.length });
      bytes.copy(buffer, 0, firstByte, firstByte + buffer.length);
    },
    write: (buffer, firstByte) =>
      change(
        { firstByte, sizeBytes: buffer.length },
        (sizeBytes) => void buffer.copy(bytes, firstByte, 0, sizeBytes),
      ),
    zero: ({ firstByte, sizeBytes }) =>
      change({ firstByte, sizeBytes }, (count) => void bytes.fill(0, firstByte, firstByte + count)),
    async sync() {
      if (underWay.size > 0) throw new Error('flushed while a write is under way');
    },
    async close() {},
  };
};
