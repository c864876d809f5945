import type { FileHandle } from 'node:fs/promises';
import type { Stretch } from '../../http/send-bytes.ts';
import { sourceFault } from '../source-fault.ts';

/** No image that installs something has more; a hostile one must not fill the memory. */
const entriesAtMost = 1_000_000;
const folderBytesAtMost = 512 * 1024 ** 2;

/** An image's bytes; every place that the image names is held against its size. */
export class ImageBytes {
  readonly sizeBytes: number;
  readonly #read: (into: Buffer, position: number) => Promise<number>;
  #folderBytes = 0;
  #entries = 0;

  constructor(sizeBytes: number, read: (into: Buffer, position: number) => Promise<number>) {
    this.sizeBytes = sizeBytes;
    this.#read = read;
  }

  static async of(handle: FileHandle): Promise<ImageBytes> {
    const { size } = await handle.stat();
    return new ImageBytes(
      size,
      async (into, position) => (await handle.read(into, 0, into.length, position)).bytesRead,
    );
  }

  /** Throws SOURCE_INVALID when the image ends before. */
  within({ at, sizeBytes }: Stretch): Stretch {
    if (at + sizeBytes > this.sizeBytes)
      throw sourceFault(
        `it is cut short: it has ${this.sizeBytes} bytes and says that there are some at ${at + sizeBytes}; fetch it again`,
      );
    return { at, sizeBytes };
  }

  async read(at: number, sizeBytes: number): Promise<Buffer> {
    this.within({ at, sizeBytes });
    const bytes = Buffer.alloc(sizeBytes);
    for (let done = 0; done < sizeBytes; ) {
      const got = await this.#read(bytes.subarray(done), at + done);
      if (got === 0) throw sourceFault('it became shorter while it was read');
      done += got;
    }
    return bytes;
  }

  /** A folder's records, of which there is a limit in all. */
  async readFolder(stretches: readonly Stretch[]): Promise<Buffer> {
    for (const { sizeBytes } of stretches) this.#folderBytes += sizeBytes;
    if (this.#folderBytes > folderBytesAtMost) throw sourceFault('its folders are endless');
    return Buffer.concat(await Promise.all(stretches.map(({ at, sizeBytes }) => this.read(at, sizeBytes))));
  }

  countEntry(): void {
    if (++this.#entries > entriesAtMost) throw sourceFault(`it has more than ${entriesAtMost} files`);
  }
}

/** Throws SOURCE_INVALID for a name that would lead elsewhere. */
export const provenName = (name: string): string => {
  if (name === '' || name === '.' || name === '..' || /[/\0]/.test(name))
    throw sourceFault(`it has a file called ${JSON.stringify(name)}`);
  return name;
};

/** Neighbours become one, as in files over 4 GiB. */
export const joined = (stretches: readonly Stretch[]): Stretch[] => {
  const whole: Stretch[] = [];
  for (const { at, sizeBytes } of stretches) {
    const last = whole.at(-1);
    if (sizeBytes === 0) continue;
    if (last && last.at + last.sizeBytes === at) last.sizeBytes += sizeBytes;
    else whole.push({ at, sizeBytes });
  }
  return whole;
};
