import { type Extent, endOf } from '../../image/disk/extents.ts';
import { type AlignedBuffers, alignedBuffers } from './aligned-buffers.ts';
import type { BlockDevice } from './block-device.ts';
import { blockBytes, blockEnd, blockStart, nameBadBlock } from './read-extents.ts';

/** One write to the disk, and how many may be under way. */
const writeBytes = 1024 * 1024;
const writesInFlight = 8;

/** What writers need, one after the other: the buffers of the writes under way, and one for a block that is shared. */
export interface WriteBuffers {
  writes: AlignedBuffers;
  edge: AlignedBuffers;
}

/** Once for all writers that follow each other. */
export const writeBuffers = (): WriteBuffers => ({
  writes: alignedBuffers(writesInFlight, writeBytes),
  edge: alignedBuffers(1, 64 * 1024),
});

interface UnderWay extends Extent {
  done: Promise<void>;
}

/**
 * Gathers bytes that follow each other on the disk into large aligned writes, several under way at once. A run may begin and end at
 * any byte: what else its first and last block hold is read from the disk and stays. The first write that fails makes every later
 * call throw it.
 */
export class DiskWriter {
  readonly #device: BlockDevice;
  readonly #buffers: AlignedBuffers;
  readonly #edge: AlignedBuffers;
  readonly #underWay = new Set<UnderWay>();
  #failure: unknown;
  #buffer: Buffer | undefined;
  #firstByte = 0;
  #filled = 0;

  constructor(device: BlockDevice, { writes, edge }: WriteBuffers) {
    this.#device = device;
    this.#buffers = writes;
    this.#edge = edge;
  }

  /** Takes the bytes for that place; `undefined` means zeros. They are copied: the caller may use its buffer again. */
  async write(firstByte: number, sizeBytes: number, bytes?: Uint8Array): Promise<void> {
    if (firstByte !== this.#firstByte + this.#filled) await this.#send();
    for (let done = 0; done < sizeBytes; ) {
      if (!this.#buffer) await this.#begin(firstByte + done);
      const room = this.#end() - (firstByte + done);
      const count = Math.min(room, sizeBytes - done);
      if (bytes) this.#buffer?.set(bytes.subarray(done, done + count), this.#filled);
      else this.#buffer?.fill(0, this.#filled, this.#filled + count);
      this.#filled += count;
      done += count;
      if (count === room) await this.#send();
    }
  }

  /** Everything taken so far is written when this returns, though the disk may have it in its cache only. */
  async flush(): Promise<void> {
    await this.#send();
    await this.settle();
    if (this.#failure) throw this.#failure;
  }

  /** Waits until no write is under way, failed or not: only then may the device be closed. */
  async settle(): Promise<void> {
    await Promise.all([...this.#underWay].map(({ done }) => done));
  }

  /** A write ends where the next multiple of its size begins on the disk, so that erase blocks and stripes are met whole. */
  #end(): number {
    return this.#firstByte - (this.#firstByte % writeBytes) + writeBytes;
  }

  async #begin(firstByte: number): Promise<void> {
    const buffer = await this.#buffers.take();
    if (this.#failure) {
      this.#buffers.give(buffer);
      throw this.#failure;
    }
    this.#firstByte = blockStart(firstByte);
    this.#filled = firstByte - this.#firstByte;
    if (this.#filled > 0) await this.#readBlock(this.#firstByte, (block) => block.copy(buffer, 0));
    this.#buffer = buffer;
  }

  async #send(): Promise<void> {
    const buffer = this.#buffer;
    if (!buffer) return;
    this.#buffer = undefined;
    const firstByte = this.#firstByte;
    const filled = this.#filled;
    const sizeBytes = blockEnd(firstByte + filled, this.#device.sizeBytes) - firstByte;
    if (sizeBytes > filled) {
      const lastBlock = blockStart(firstByte + filled);
      const kept = firstByte + filled - lastBlock;
      await this.#readBlock(lastBlock, (block) => block.copy(buffer, filled, kept));
    }
    const bytes = buffer.subarray(0, sizeBytes);
    const done = this.#device
      .write(bytes, firstByte)
      .catch(async (error) => {
        const move: BlockDevice['write'] = (block, at) => this.#device.write(block, at);
        this.#failure ??= await nameBadBlock(error, { bytes, firstByte }, move);
      })
      .finally(() => {
        this.#buffers.give(buffer);
        this.#underWay.delete(write);
      });
    const write: UnderWay = { firstByte, sizeBytes, done };
    this.#underWay.add(write);
  }

  /**
   * Lends the block that a run shares with its neighbour, once no write under way is about to change it. A block that cannot be read
   * counts as zeros: writing may mend it, and the read-back of the neighbour tells if it was needed.
   */
  async #readBlock(firstByte: number, use: (block: Buffer) => void): Promise<void> {
    const end = blockEnd(firstByte + 1, this.#device.sizeBytes);
    const touching = [...this.#underWay].filter((one) => one.firstByte < end && endOf(one) > firstByte);
    await Promise.all(touching.map(({ done }) => done));
    const edge = await this.#edge.take();
    try {
      const block = edge.subarray(0, Math.min(blockBytes, end - firstByte));
      await this.#device.read(block, firstByte).catch(() => void block.fill(0));
      use(block);
    } finally {
      this.#edge.give(edge);
    }
  }
}
