import { crc32, zstdDecompressSync } from 'node:zlib';
import { chunkId } from '../format/chunk.ts';
import { chunkBytes } from '../format/chunker.ts';
import type { ChunkId } from '../ports.ts';
import { decodeRecordHead, packHeadBytes, recordHeadBytes, recordMark } from './pack-format.ts';

export interface FoundRecord {
  id: ChunkId;
  /** Of the record in its pack, and of its packed bytes. */
  offset: number;
  length: number;
}

export interface Scan {
  records: FoundRecord[];
  /** Behind the last whole record. */
  end: number;
  /** Stretches between whole records that are none: damage. */
  damaged: { offset: number; length: number }[];
}

type Read = (offset: number, length: number) => Promise<Buffer>;

const windowBytes = 1024 * 1024;

/**
 * Finds the whole records between `from` and `sizeBytes` by their checksums. Damage is stepped over, and what is found behind it is proven by
 * unpacking and hashing, since a chunk's own bytes may look like a record. What follows the last whole record is a torn tail (or an index).
 */
export const scanRecords = async (read: Read, sizeBytes: number, from = packHeadBytes): Promise<Scan> => {
  const scan: Scan = { records: [], end: from, damaged: [] };
  const window = slidingWindow(read, sizeBytes);
  let at = from;
  while (at + recordHeadBytes <= sizeBytes) {
    const { bytes, start } = await window(at, recordHeadBytes);
    if (start + bytes.length < at + recordHeadBytes) break; // it became shorter
    const head = decodeRecordHead(bytes, at - start);
    if (!head) {
      at = await nextMark(window, at + 1, sizeBytes);
      continue;
    }
    const next = at + recordHeadBytes + head.length;
    const inOrder = at === scan.end;
    const packed = next <= sizeBytes ? await packedBytes(window, at, head.length) : undefined;
    if (packed && crc32(packed) === head.checksum && (inOrder || isProven(head.id, packed))) {
      if (!inOrder) scan.damaged.push({ offset: scan.end, length: at - scan.end });
      scan.records.push({ id: head.id, offset: at, length: head.length });
      scan.end = next;
      at = next;
    } else at = inOrder && packed ? next : at + 1;
  }
  return scan;
};

type Window = (at: number, length: number) => Promise<{ bytes: Buffer; start: number }>;

const slidingWindow = (read: Read, sizeBytes: number): Window => {
  let bytes: Buffer = Buffer.alloc(0);
  let start = 0;
  return async (at, length) => {
    if (at < start || at + length > start + bytes.length) {
      bytes = await read(at, Math.min(Math.max(windowBytes, length), sizeBytes - at));
      start = at;
    }
    return { bytes, start };
  };
};

const packedBytes = async (window: Window, at: number, length: number): Promise<Buffer> => {
  const { bytes, start } = await window(at, recordHeadBytes + length);
  const begin = at - start + recordHeadBytes;
  return bytes.subarray(begin, begin + length);
};

const nextMark = async (window: Window, from: number, sizeBytes: number): Promise<number> => {
  for (let at = from; at + recordHeadBytes <= sizeBytes; ) {
    const { bytes, start } = await window(at, recordHeadBytes);
    if (start + bytes.length < at + recordHeadBytes) break;
    const found = bytes.indexOf(recordMark, at - start);
    if (found >= 0) return start + found;
    at = Math.max(at, start + bytes.length - recordMark.length) + 1;
  }
  return sizeBytes;
};

const isProven = (id: ChunkId, packed: Buffer): boolean => {
  try {
    return chunkId(zstdDecompressSync(packed, { maxOutputLength: chunkBytes.maximum })) === id;
  } catch {
    return false;
  }
};
