import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { ChunkId } from '../../image/ports.ts';
import { digestChunks } from './chunk-digests.ts';
import { unpackChunks } from './unpack-chunks.ts';

/** In shared memory, from `start` on. */
interface Place {
  memory: SharedArrayBuffer;
  start: number;
}

/** Chunks that lie one after the other; `ends` says where each ends, from `start` on. Answered with their digests. */
export interface DigestRequest extends Place {
  kind: 'digest';
  ends: readonly number[];
}

/** Chunks as they are packed, one after the other behind the room where they are to be unpacked. Answered with what is wrong with each. */
export interface UnpackRequest extends Place {
  kind: 'unpack';
  chunks: readonly { id: ChunkId; packedBytes: number; sizeBytes: number }[];
}

export type DiskRequest = DigestRequest | UnpackRequest;
export type DiskAnswer = Uint8Array | (string | undefined)[];

/** What `workerData` is in such a thread: the agent's bundle is one file, which also begins as the agent. */
export const diskThread = 'greif-disk';

const unpack = ({ memory, start, chunks }: UnpackRequest): (string | undefined)[] => {
  const unpackedBytes = chunks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let packedAt = start + unpackedBytes;
  const packed = chunks.map(({ id, packedBytes, sizeBytes }) => {
    packedAt += packedBytes;
    return { id, packed: Buffer.from(memory, packedAt - packedBytes, packedBytes), sizeBytes };
  });
  return unpackChunks(packed, Buffer.from(memory, start, unpackedBytes)).map((fault) => fault?.message);
};

const serve = (port: MessagePort): void => {
  port.on('message', (request: DiskRequest) => {
    if (request.kind === 'unpack') return port.postMessage(unpack(request));
    const { memory, start, ends } = request;
    port.postMessage(digestChunks(Buffer.from(memory, start, ends.at(-1)), ends));
  });
};

if (workerData === diskThread && parentPort) serve(parentPort);
