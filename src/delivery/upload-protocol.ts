import type { ChunkId } from '../image/ports.ts';
import { chunkIdBytes, frameHeadBytes } from './protocol.ts';

/**
 * How a PC brings what it captures, shared by both ends. All are POST, with the session of the agent's check-in as bearer, and belong to a
 * capture order that this start of the agent holds. Errors are JSON, as the agent's API has them.
 *
 *     /agent/v1/orders/7/lacking    body: up to 4,096 chunk ids of 32 bytes; answer: those that the store does not have whole
 *     /agent/v1/orders/7/chunks     body: up to 256 times: 32 bytes id, u32 length (big-endian), and so many bytes of a .cacnk file;
 *                                   answer 204: all of them are proven and durable
 *     /agent/v1/orders/7/indexes    body: a .caibx file; answer: the 32 bytes of its SHA-256
 */
export const uploadPath = (orderId: number, kind: UploadKind): string => `orders/${orderId}/${kind}`;
export const uploadKinds = ['lacking', 'chunks', 'indexes'] as const;
export type UploadKind = (typeof uploadKinds)[number];

export const maximumChunksPerUpload = 256;
/** An index of so many bytes is one of four million chunks, or 256 GiB at the average size. */
export const maximumIndexBytes = 160 * 1024 * 1024;

export const joinIds = (ids: readonly ChunkId[]): Buffer => Buffer.from(ids.join(''), 'hex');

/** Throws a RangeError unless it is a whole number of ids. */
export const splitIds = (bytes: Buffer): ChunkId[] => {
  if (bytes.length % chunkIdBytes !== 0) throw new RangeError(`chunk ids of ${chunkIdBytes} bytes each`);
  return (bytes.toString('hex').match(/.{64}/g) ?? []) as ChunkId[];
};

/** The body of an upload. `ends` says where in `bytes` each chunk ends. */
export const encodeUpload = (ids: readonly ChunkId[], bytes: Uint8Array, ends: readonly number[]): Buffer => {
  const body = Buffer.allocUnsafe(bytes.length + ids.length * uploadHeadBytes);
  let at = 0;
  for (const [position, id] of ids.entries()) {
    const start = position === 0 ? 0 : (ends[position - 1] ?? 0);
    const end = ends[position] ?? start;
    body.write(id, at, 'hex');
    body.writeUInt32BE(end - start, at + chunkIdBytes);
    body.set(bytes.subarray(start, end), at + uploadHeadBytes);
    at += uploadHeadBytes + end - start;
  }
  return body;
};

export const uploadHeadBytes = chunkIdBytes + frameHeadBytes;
