/**
 * A pack file; numbers are little-endian:
 *
 *     head     "greifpk1"
 *     record   u32 mark | u32 length | u32 CRC-32 of the packed bytes | u32 CRC-32 of the 12 bytes before and the id | id (32 bytes) | packed bytes
 *     …        in order of arrival
 *     index    id (32 bytes) | u32 offset of the record | u32 length of its packed bytes       for each record, in order of arrival
 *     tail     u32 number of records | u32 offset of the index | SHA-256 of the index and these 8 bytes | "greifix1"
 *
 * An open pack ends with its last record. Packed bytes are those of a casync `.cacnk` file.
 */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { maximumPackedBytes } from '../format/chunk.ts';
import type { ChunkId } from '../ports.ts';

export const packHead = Buffer.from('greifpk1');
export const packHeadBytes = packHead.length;
export const recordHeadBytes = 48;
export const indexEntryBytes = 40;
export const packTailBytes = 48;
export const recordMark = Buffer.from('Grfc');

const tailMark = Buffer.from('greifix1');
const markNumber = recordMark.readUInt32LE();

/** What stands before a chunk's packed bytes. */
export const encodeRecordHead = (id: ChunkId, packed: Uint8Array): Buffer => {
  const head = Buffer.allocUnsafe(recordHeadBytes);
  head.writeUInt32LE(markNumber, 0);
  head.writeUInt32LE(packed.length, 4);
  head.writeUInt32LE(crc32(packed), 8);
  head.write(id, 16, 'hex');
  head.writeUInt32LE(headChecksum(head, 0), 12);
  return head;
};

const headChecksum = (bytes: Buffer, at: number): number =>
  crc32(bytes.subarray(at + 16, at + recordHeadBytes), crc32(bytes.subarray(at, at + 12)));

export interface RecordHead {
  id: ChunkId;
  /** Of the packed bytes. */
  length: number;
  checksum: number;
}

/** The head of a record at `at`, if there is a whole and sound one. */
export const decodeRecordHead = (bytes: Buffer, at = 0): RecordHead | undefined => {
  if (bytes.length - at < recordHeadBytes || bytes.readUInt32LE(at) !== markNumber) return undefined;
  const length = bytes.readUInt32LE(at + 4);
  if (length > maximumPackedBytes() || bytes.readUInt32LE(at + 12) !== headChecksum(bytes, at))
    return undefined;
  const id = bytes.toString('hex', at + 16, at + recordHeadBytes) as ChunkId;
  return { id, length, checksum: bytes.readUInt32LE(at + 8) };
};

/** The packed bytes of the record of `id`, or what is wrong with it. */
export const openRecord = (record: Buffer, id: ChunkId): Buffer | string => {
  const head = decodeRecordHead(record);
  if (!head) return 'the head of its record is damaged';
  if (head.id !== id) return `its record is that of ${head.id}`;
  const packed = record.subarray(recordHeadBytes, recordHeadBytes + head.length);
  if (packed.length !== head.length) return 'its record is cut short';
  return crc32(packed) === head.checksum ? packed : 'its packed bytes do not fit their checksum';
};

/** Index and tail of a pack whose records end at `offset`; `entries` as they are in the index. */
export const encodePackIndex = (entries: Buffer, offset: number): Buffer => {
  const numbers = Buffer.alloc(8);
  numbers.writeUInt32LE(entries.length / indexEntryBytes, 0);
  numbers.writeUInt32LE(offset, 4);
  return Buffer.concat([entries, numbers, indexDigest(entries, numbers), tailMark]);
};

const indexDigest = (entries: Buffer, numbers: Buffer): Buffer =>
  createHash('sha256').update(entries).update(numbers).digest();

/** Where the index of a pack begins, read from its tail; `undefined` when there is no tail. */
export const packIndexOffset = (tail: Buffer, sizeBytes: number): number | undefined => {
  if (tail.length !== packTailBytes || !tail.subarray(40).equals(tailMark)) return undefined;
  const offset = tail.readUInt32LE(4);
  const whole = offset + tail.readUInt32LE(0) * indexEntryBytes + packTailBytes === sizeBytes;
  return whole && offset >= packHeadBytes ? offset : undefined;
};

/** The entries of a pack's index out of everything behind its records; `undefined` when a bit of it is wrong. */
export const decodePackIndex = (indexAndTail: Buffer): Buffer | undefined => {
  const entries = indexAndTail.subarray(0, -packTailBytes);
  const tail = indexAndTail.subarray(-packTailBytes);
  if (tail.length !== packTailBytes || !tail.subarray(40).equals(tailMark)) return undefined;
  if (tail.readUInt32LE(0) * indexEntryBytes !== entries.length) return undefined;
  return indexDigest(entries, tail.subarray(0, 8)).equals(tail.subarray(8, 40)) ? entries : undefined;
};
