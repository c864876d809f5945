import type { Extent } from '../../image/disk/extents.ts';
import type { VolumeContent } from './layout.ts';
import type { DataPiece } from './pieces.ts';

const none = -1;

/**
 * The chunks of some volumes under one number each, from 0, and by their id; those of zeros have a number but are not found.
 * Typed arrays: a large image has a million chunks, which would cost hundreds of mebibytes as objects.
 */
export class ChunkTable {
  readonly count: number;
  readonly #contents: readonly VolumeContent[];
  /** The number of each volume's first chunk. */
  readonly #firsts: number[] = [];
  /** Open addressing: chunk numbers by the first bytes of the id. */
  readonly #slots: Int32Array;
  readonly #next: Int32Array;

  constructor(contents: readonly VolumeContent[]) {
    this.#contents = contents;
    let count = 0;
    for (const { index } of contents) {
      this.#firsts.push(count);
      count += index.count;
    }
    this.count = count;
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(2 * count + 2))).fill(none);
    this.#next = new Int32Array(count).fill(none);
    for (let number = count - 1; number >= 0; number--) this.#insert(number);
  }

  rawId(number: number): Buffer {
    const { content, item } = this.#at(number);
    return content.index.rawId(item);
  }

  /** Where the image wants it. */
  place(number: number): Extent {
    const { content, item } = this.#at(number);
    return {
      firstByte: content.volume.firstByte + content.index.start(item),
      sizeBytes: content.index.size(item),
    };
  }

  /** The lowest number of a chunk with that id, or `undefined`. */
  find(rawId: Buffer): number | undefined {
    const found = this.#slots[this.#slotOf(rawId)] as number;
    return found === none ? undefined : found;
  }

  /** The chunk that the image wants to begin exactly there, or `undefined`. */
  beginningAt(firstByte: number): number | undefined {
    for (const [position, { volume, index }] of this.#contents.entries()) {
      const offset = firstByte - volume.firstByte;
      if (offset < 0 || offset >= volume.sizeBytes) continue;
      const item = index.firstAfter(offset);
      return index.start(item) === offset ? (this.#firsts[position] as number) + item : undefined;
    }
    return undefined;
  }

  /** All chunks that are the same as this one, which must be the first of them. */
  *same(first: number): Generator<number> {
    for (let number = first; number !== none; number = this.#next[number] as number) yield number;
  }

  piece(number: number): DataPiece {
    return { kind: 'data', ...this.#at(number), ...this.place(number) };
  }

  #at(number: number): { content: VolumeContent; item: number } {
    const position = this.#firsts.findLastIndex((first) => first <= number);
    return {
      content: this.#contents[position] as VolumeContent,
      item: number - (this.#firsts[position] as number),
    };
  }

  #slotOf(rawId: Buffer): number {
    const mask = this.#slots.length - 1;
    for (let slot = rawId.readUInt32LE(0) & mask; ; slot = (slot + 1) & mask) {
      const number = this.#slots[slot] as number;
      if (number === none || this.rawId(number).equals(rawId)) return slot;
    }
  }

  #insert(number: number): void {
    const { content, item } = this.#at(number);
    if (content.index.isZero(item)) return;
    const slot = this.#slotOf(content.index.rawId(item));
    this.#next[number] = this.#slots[slot] as number;
    this.#slots[slot] = number;
  }
}
