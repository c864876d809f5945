import { type AlignedBuffers, alignedBuffers } from './aligned-buffers.ts';
import type { BlockDevice } from './block-device.ts';

/** One write to the disk, and how many may be under way. */
const writeBytes = 1024 * 1024;
const writesInFlight = 8;

/**
 * Gathers bytes that follow each other on the disk into large aligned writes, several under way at once. The first write that fails
 * makes every later call throw it.
 */
export class DiskWriter {
  readonly #device: BlockDevice;
  readonly #buffers: AlignedBuffers = alignedBuffers(writesInFlight, writeBytes);
  readonly #underWay = new Set<Promise<void>>();
  #failure: unknown;
  #buffer: Buffer | undefined;
  #firstByte = 0;
  #filled = 0;

  constructor(device: BlockDevice) {
    this.#device = device;
  }

  /** Takes the bytes for that place; `undefined` means zeros. They are copied: the caller may use its buffer again. */
  async write(firstByte: number, sizeBytes: number, bytes?: Uint8Array): Promise<void> {
    if (firstByte !== this.#firstByte + this.#filled) this.#send();
    for (let done = 0; done < sizeBytes; ) {
      if (!this.#buffer) await this.#begin(firstByte + done);
      const room = this.#end() - (firstByte + done);
      const count = Math.min(room, sizeBytes - done);
      if (bytes) this.#buffer?.set(bytes.subarray(done, done + count), this.#filled);
      else this.#buffer?.fill(0, this.#filled, this.#filled + count);
      this.#filled += count;
      done += count;
      if (count === room) this.#send();
    }
  }

  /** Everything taken so far is on the disk when this returns. */
  async finish(): Promise<void> {
    this.#send();
    await this.settle();
    if (this.#failure) throw this.#failure;
    await this.#device.sync();
  }

  /** Waits until no write is under way, failed or not: only then may the device be closed. */
  async settle(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  /** A write ends where the next multiple of its size begins on the disk, so that erase blocks and stripes are met whole. */
  #end(): number {
    return this.#firstByte - (this.#firstByte % writeBytes) + writeBytes;
  }

  async #begin(firstByte: number): Promise<void> {
    const buffer = await this.#buffers.take();
    if (this.#failure) throw this.#failure;
    this.#buffer = buffer;
    this.#firstByte = firstByte;
    this.#filled = 0;
  }

  #send(): void {
    const buffer = this.#buffer;
    if (!buffer) return;
    this.#buffer = undefined;
    const sent = this.#device
      .write(buffer.subarray(0, this.#filled), this.#firstByte)
      .catch((error) => {
        this.#failure ??= error;
      })
      .finally(() => {
        this.#buffers.give(buffer);
        this.#underWay.delete(sent);
      });
    this.#underWay.add(sent);
  }
}
