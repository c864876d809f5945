import type { ChunkId } from '../ports.ts';
import { indexEntryBytes } from './pack-format.ts';

const words = indexEntryBytes / 4;
const idWords = 8;

/**
 * The index of one pack in memory, in order of arrival: 40 bytes a chunk, as in the file. `objects`: it is sealed, an object of the store;
 * a file: it is open, and may grow.
 */
export class Pack {
  readonly name: string;
  place: { kind: 'sealed'; sizeBytes: number } | { kind: 'open'; file: string };
  count = 0;
  /** Behind the last record. */
  end: number;
  #entries: Uint32Array;
  #touched: Uint8Array | undefined;

  constructor(name: string, place: Pack['place'], end: number, entries: Uint8Array = new Uint8Array()) {
    this.name = name;
    this.place = place;
    this.end = end;
    // A copy: aligned, and no larger buffer is kept alive.
    const bytes = Uint8Array.from(entries);
    this.#entries = new Uint32Array(bytes.buffer);
    this.count = entries.length / indexEntryBytes;
  }

  add(id: ChunkId, offset: number, length: number): number {
    const entry = this.count;
    if ((entry + 1) * words > this.#entries.length) this.#grow();
    const bytes = Buffer.from(this.#entries.buffer, entry * indexEntryBytes, indexEntryBytes);
    bytes.write(id, 0, 'hex');
    bytes.writeUInt32LE(offset, 32);
    bytes.writeUInt32LE(length, 36);
    this.count++;
    return entry;
  }

  #grow(): void {
    const larger = new Uint32Array(Math.max(64, 2 * this.count) * words);
    larger.set(this.#entries);
    this.#entries = larger;
  }

  /** Of the record in the pack. */
  offset(entry: number): number {
    return this.#entries[entry * words + idWords] ?? 0;
  }

  /** Of the packed bytes. */
  length(entry: number): number {
    return this.#entries[entry * words + idWords + 1] ?? 0;
  }

  id(entry: number): ChunkId {
    return this.rawId(entry).toString('hex') as ChunkId;
  }

  /** 32 bytes, a view. */
  rawId(entry: number): Buffer {
    return Buffer.from(this.#entries.buffer, entry * indexEntryBytes, 32);
  }

  /** One of the eight words of an id, as the machine reads them. */
  word(entry: number, position: number): number {
    return this.#entries[entry * words + position] ?? 0;
  }

  has(entry: number, id: Uint32Array): boolean {
    const at = entry * words;
    for (let position = 0; position < idWords; position++)
      if (this.#entries[at + position] !== id[position]) return false;
    return true;
  }

  /** All entries as they are in the file. */
  encoded(): Buffer {
    return Buffer.from(this.#entries.buffer, 0, this.count * indexEntryBytes);
  }

  /** Notes that somebody counts on a chunk; an epoch ends when nobody does any more. */
  touch(entry: number, epoch: number): void {
    if (!this.#touched || this.#touched.length <= entry) {
      const larger = new Uint8Array(Math.max(this.count, entry + 64));
      if (this.#touched) larger.set(this.#touched);
      this.#touched = larger;
    }
    this.#touched[entry] = epoch;
  }

  isTouched(entry: number, epoch: number): boolean {
    return this.#touched?.[entry] === epoch;
  }
}
