import { parentPort } from 'node:worker_threads';
import { asGreifError } from '../../core/errors.ts';
import { proveChunk } from '../format/chunk.ts';
import type { ChunkId } from '../ports.ts';

/** Packed chunks, one after the other in `bytes`; `ends` says where each ends. */
export interface ToProve {
  ids: ChunkId[];
  ends: number[];
  bytes: Uint8Array<ArrayBuffer>;
}

/** For each chunk its unpacked size, or what is wrong with it. */
export interface Proven {
  results: (number | string)[];
}

const prove = ({ ids, ends, bytes }: ToProve): Proven => {
  const results = ids.map((id, position) => {
    try {
      return proveChunk(id, bytes.subarray(position === 0 ? 0 : ends[position - 1], ends[position]));
    } catch (thrown) {
      const { message, details } = asGreifError(thrown);
      return String(details?.['reason'] ?? message);
    }
  });
  return { results };
};

parentPort?.on('message', (request: ToProve) => {
  parentPort?.postMessage(prove(request));
});
