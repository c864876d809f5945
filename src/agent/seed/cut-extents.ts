import { type Extent, endOf } from '../../image/disk/extents.ts';
import { chunkBytes, chunkEnd } from '../../image/format/chunker.ts';
import { type ReadTools, readExtents } from '../disk/read-extents.ts';

/** A chunk of what lies on the disk now; its bytes are gone with the next one. */
export interface FoundChunk {
  firstByte: number;
  bytes: Buffer;
}

/** What was read and not cut yet. */
class Window {
  readonly #bytes = Buffer.allocUnsafeSlow(16 * chunkBytes.maximum);
  #start = 0;
  #end = 0;
  /** Where the window's first byte lies on the disk. */
  #firstByte = 0;

  follows(firstByte: number): boolean {
    return this.#firstByte + this.#end === firstByte;
  }

  begin(firstByte: number): void {
    this.#firstByte = firstByte;
    this.#start = 0;
    this.#end = 0;
  }

  add(bytes: Buffer): void {
    if (this.#end + bytes.length > this.#bytes.length) {
      this.#bytes.copyWithin(0, this.#start, this.#end);
      this.#firstByte += this.#start;
      this.#end -= this.#start;
      this.#start = 0;
    }
    bytes.copy(this.#bytes, this.#end);
    this.#end += bytes.length;
  }

  /** @param isLast nothing follows: also the last chunk is cut. */
  *cut(isLast: boolean): Generator<FoundChunk> {
    const bytes = this.#bytes.subarray(0, this.#end);
    while (this.#start < this.#end && (isLast || this.#end - this.#start >= chunkBytes.maximum)) {
      const end = chunkEnd(bytes, this.#start);
      yield { firstByte: this.#firstByte + this.#start, bytes: bytes.subarray(this.#start, end) };
      this.#start = end;
    }
  }
}

/**
 * Cuts what lies in these extents as a capture cuts a volume; extents that touch are cut as one. Content that was cut once from another
 * beginning is cut the same again after a chunk or two. What the disk cannot read is passed over.
 */
export async function* cutExtents(extents: Iterable<Extent>, tools: ReadTools): AsyncGenerator<FoundChunk> {
  const window = new Window();
  for await (const portion of readExtents(extents, tools, 'skip')) {
    if (!portion.bytes || !window.follows(portion.firstByte)) {
      yield* window.cut(true);
      window.begin(portion.bytes ? portion.firstByte : endOf(portion));
    }
    if (portion.bytes) window.add(portion.bytes);
    yield* window.cut(false);
  }
  yield* window.cut(true);
}
