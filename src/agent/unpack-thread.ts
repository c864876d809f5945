import { isMarkedAsUntransferable, type MessagePort } from 'node:worker_threads';
import { asGreifError } from '../core/errors.ts';
import { unpackChunk } from '../image/chunk.ts';
import type { ChunkId } from '../image/ports.ts';

/** Work for an unpacking thread, and what comes back under the same number. */
export interface UnpackRequest {
  number: number;
  id: ChunkId;
  packed: Uint8Array;
  sizeBytes: number;
}
export type UnpackAnswer =
  | { number: number; bytes: Uint8Array }
  | { number: number; failure: { code: string; message: string } };

const answer = ({ number, id, packed, sizeBytes }: UnpackRequest): UnpackAnswer => {
  try {
    return { number, bytes: unpackChunk(id, packed, sizeBytes) };
  } catch (error) {
    const { code, message } = asGreifError(error);
    return { number, failure: { code, message } };
  }
};

/** A small chunk lies in the pool that Node's buffers share, which cannot be given away: it is copied. */
const transferable = ({ buffer }: Uint8Array): ArrayBuffer[] =>
  buffer instanceof ArrayBuffer && !isMarkedAsUntransferable(buffer) ? [buffer] : [];

/** What a worker thread of the agent does, for ever: unpacks and proves chunks. */
export const serveUnpacking = (port: MessagePort): void => {
  port.on('message', (request: UnpackRequest) => {
    const result = answer(request);
    port.postMessage(result, 'bytes' in result ? transferable(result.bytes) : []);
  });
};
