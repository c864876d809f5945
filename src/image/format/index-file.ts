/**
 * casync's index of one volume (`.caibx`), all little-endian; the constants are those of casync's `caformat.h`:
 *
 *     u64 size = 48 | u64 FORMAT_INDEX | u64 feature flags | u64 minimum | u64 average | u64 maximum chunk size
 *     u64 size = -1 | u64 FORMAT_TABLE
 *     u64 end offset | 32 bytes SHA-256          for each chunk
 *     u64 0 | u64 0 | u64 48 | u64 size of the table with its tail | u64 FORMAT_TABLE_TAIL_MARKER
 */
import { GreifError } from '../../core/errors.ts';
import type { ChunkId } from '../ports.ts';
import { isZeroChunk } from './chunk.ts';
import { chunkBytes } from './chunker.ts';

const formatIndex = 0x96824d9c7b129ff9n;
const formatTable = 0xe75b9e112f17417dn;
const tailMarker = 0x4b4f050e5549ecd1n;
/** What `casync make --digest=sha256` writes for a blob: files marked "no dump" or "no exclude" play no part in it. */
const sha256Flags = 0x9000000000000000n;
const sha512of256Flag = 0x2000000000000000n;
const endless = 0xffffffffffffffffn;

const headBytes = 48;
const tableBytes = 16;
const tailBytes = 40;
const firstItem = headBytes + tableBytes;
/** Bytes of one item, which is also the record in which an import remembers what it has done. */
export const indexItemBytes = 40;

/** The size of an index of so many chunks. */
export const indexFileBytes = (chunkCount: number): number =>
  firstItem + chunkCount * indexItemBytes + tailBytes;

/**
 * The chunks of one volume in order, read in place: an index of a large disk has a million items.
 * Items are counted from 0; offsets are bytes from the volume's start.
 */
export interface ChunkIndex {
  readonly count: number;
  /** The volume's size: the end of the last chunk. */
  readonly sizeBytes: number;
  start(item: number): number;
  end(item: number): number;
  size(item: number): number;
  id(item: number): ChunkId;
  /** 32 bytes, a view. */
  rawId(item: number): Buffer;
  /** The first item that ends behind `offset`; `count` if none does. */
  firstAfter(offset: number): number;
  /** Whether it is a chunk of zeros: known without hashing anything but the last. */
  isZero(item: number): boolean;
}

const invalid = (problem: string): GreifError =>
  new GreifError('INDEX_INVALID', `the chunk index is not usable: ${problem}`);

/** Offsets stay below 2^53 (8 PiB), where numbers are exact. */
const readOffset = (bytes: Buffer, at: number): number =>
  bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 2 ** 32;

const expect = (bytes: Buffer, at: number, wanted: bigint, what: string): void => {
  const found = bytes.readBigUInt64LE(at);
  if (found !== wanted) throw invalid(`${what} is ${found.toString(16)} instead of ${wanted.toString(16)}`);
};

/** Whose chunks another casync cut: as large as it was told to, within reason. */
const largestForeignChunk = 64 * 1024 * 1024;
/** The bits that a blob's flags may have beside those of its ids: "no dump", "no exclude" and what they reserve. All else describes a tree of files. */
const blobFlags = 0xf000000000000000n;

const checkFrame = (bytes: Buffer): void => {
  const items = bytes.length - firstItem - tailBytes;
  if (items < 0 || items % indexItemBytes !== 0) throw invalid(`${bytes.length} bytes cannot be an index`);
  expect(bytes, 0, BigInt(headBytes), 'the size of the header');
  expect(bytes, 8, formatIndex, 'the mark of the header');
  expect(bytes, headBytes, endless, 'the size of the table');
  expect(bytes, headBytes + 8, formatTable, 'the mark of the table');
  const tail = bytes.length - tailBytes;
  expect(bytes, tail, 0n, 'the end of the items');
  expect(bytes, tail + 8, 0n, 'the end of the items');
  expect(bytes, tail + 16, BigInt(headBytes), 'the place of the header');
  expect(bytes, tail + 24, BigInt(bytes.length - headBytes), 'the size of the table in its tail');
  expect(bytes, tail + 32, tailMarker, 'the mark of the tail');
};

const flagsOf = (bytes: Buffer): bigint => bytes.readBigUInt64LE(16);
const largestChunkOf = (bytes: Buffer): bigint => bytes.readBigUInt64LE(40);

const checkedItems = (bytes: Buffer, largestChunk: number): ChunkIndex => {
  const index = viewIndexItems(bytes.subarray(firstItem, bytes.length - tailBytes));
  for (let item = 0; item < index.count; item++) {
    const size = index.size(item);
    if (!(size > 0 && size <= largestChunk) || !Number.isSafeInteger(index.end(item)))
      throw invalid(`chunk ${item} would be ${size} bytes long`);
  }
  return index;
};

const asBuffer = (file: Uint8Array): Buffer => Buffer.from(file.buffer, file.byteOffset, file.byteLength);

/** Reads an index of ours and checks every item. Throws INDEX_INVALID that says what is wrong. */
export const decodeIndex = (file: Uint8Array): ChunkIndex => {
  const bytes = asBuffer(file);
  checkFrame(bytes);
  if (flagsOf(bytes) & sha512of256Flag)
    throw invalid('its ids are SHA-512/256: make it with "casync make --digest=sha256"');
  if (largestChunkOf(bytes) > BigInt(chunkBytes.maximum))
    throw invalid(`its chunks may be larger than ${chunkBytes.maximum} bytes`);
  return checkedItems(bytes, chunkBytes.maximum);
};

/** An index of a file or disk that casync or desync wrote, with chunks of any size. */
export interface CasyncIndex {
  index: ChunkIndex;
  /** What its ids are; SHA-512/256 is casync's own default. */
  idHash: 'sha256' | 'sha512-256';
}

export const isCasyncIndex = (start: Uint8Array): boolean => {
  const bytes = asBuffer(start);
  return (
    bytes.length >= 16 &&
    bytes.readBigUInt64LE(0) === BigInt(headBytes) &&
    bytes.readBigUInt64LE(8) === formatIndex
  );
};

/** Throws INDEX_INVALID, also for the index of a tree of files (`.caidx`). */
export const decodeCasyncIndex = (file: Uint8Array): CasyncIndex => {
  const bytes = asBuffer(file);
  checkFrame(bytes);
  const flags = flagsOf(bytes);
  if (flags & ~blobFlags)
    throw invalid(
      'it is about a tree of files (.caidx), not a disk: run "casync make NAME.caibx DISK" on the disk',
    );
  if (largestChunkOf(bytes) > BigInt(largestForeignChunk))
    throw invalid(`its chunks may be larger than ${largestForeignChunk} bytes`);
  const index = checkedItems(bytes, Number(largestChunkOf(bytes)));
  return { index, idHash: flags & sha512of256Flag ? 'sha512-256' : 'sha256' };
};

/** The items alone, one after the other: unchecked. */
export const viewIndexItems = (items: Buffer): ChunkIndex => {
  const count = items.length / indexItemBytes;
  const end = (item: number) => readOffset(items, item * indexItemBytes);
  const start = (item: number) => (item === 0 ? 0 : end(item - 1));
  const size = (item: number) => end(item) - start(item);
  const rawId = (item: number) => items.subarray(item * indexItemBytes + 8, (item + 1) * indexItemBytes);
  const id = (item: number) => rawId(item).toString('hex') as ChunkId;
  const firstAfter = (offset: number) => {
    let low = 0;
    for (let high = count; low < high; ) {
      const middle = (low + high) >>> 1;
      if (end(middle) > offset) high = middle;
      else low = middle + 1;
    }
    return low;
  };
  let lastIsZero: boolean | undefined;
  const isZero = (item: number) => {
    if (size(item) === chunkBytes.maximum) return isZeroChunk(id(item), size(item));
    if (item !== count - 1) return false;
    lastIsZero ??= isZeroChunk(id(item), size(item));
    return lastIsZero;
  };
  return {
    count,
    sizeBytes: count === 0 ? 0 : end(count - 1),
    start,
    end,
    size,
    id,
    rawId,
    firstAfter,
    isZero,
  };
};

/** One item: where a chunk ends, and its id. Offsets are whole bytes below 2^53. */
export const encodeIndexItem = (end: number, id: ChunkId): Buffer => {
  const item = Buffer.alloc(indexItemBytes);
  item.writeBigUInt64LE(BigInt(end));
  item.write(id, 8, 'hex');
  return item;
};

/** An index file out of encoded items, one after the other. */
export const encodeIndex = (items: Uint8Array): Buffer => {
  const head = Buffer.alloc(firstItem);
  const sizes = [chunkBytes.minimum, chunkBytes.average, chunkBytes.maximum].map(BigInt);
  const words = [BigInt(headBytes), formatIndex, sha256Flags, ...sizes, endless, formatTable];
  for (const [position, word] of words.entries()) head.writeBigUInt64LE(word, position * 8);
  const tail = Buffer.alloc(tailBytes);
  tail.writeBigUInt64LE(BigInt(headBytes), 16);
  tail.writeBigUInt64LE(BigInt(tableBytes + items.length + tailBytes), 24);
  tail.writeBigUInt64LE(tailMarker, 32);
  return Buffer.concat([head, items, tail]);
};
