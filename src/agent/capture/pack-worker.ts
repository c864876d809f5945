import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { constants, zstdCompressSync } from 'node:zlib';
import { compressionLevel, maximumPackedBytes } from '../../image/format/chunk.ts';

/** Several chunks, one after the other in `bytes`; `ends` says where each ends. */
export interface Parcel {
  bytes: Uint8Array<ArrayBuffer>;
  ends: number[];
}

/** What `workerData` is in a thread that packs: the agent's bundle is one file, which also begins as the agent. */
export const packingThread = 'greif-packing';

const packInto = (target: Uint8Array, at: number, bytes: Uint8Array): number => {
  const packed = zstdCompressSync(bytes, {
    params: { [constants.ZSTD_c_compressionLevel]: compressionLevel },
    pledgedSrcSize: bytes.length,
    chunkSize: maximumPackedBytes(bytes.length),
  });
  target.set(packed, at);
  return at + packed.length;
};

/** Each chunk as the bytes of a `.cacnk` file. */
export const packParcel = ({ bytes, ends }: Parcel): Parcel => {
  const target = new Uint8Array(bytes.length + ends.length * 2048 + (bytes.length >>> 8));
  const packedEnds: number[] = [];
  let start = 0;
  let at = 0;
  for (const end of ends) {
    at = packInto(target, at, bytes.subarray(start, end));
    packedEnds.push(at);
    start = end;
  }
  return { bytes: target.subarray(0, at), ends: packedEnds };
};

const serve = (port: MessagePort): void => {
  port.on('message', (parcel: Parcel) => {
    const packed = packParcel(parcel);
    port.postMessage(packed, [packed.bytes.buffer]);
  });
};

if (workerData === packingThread && parentPort) serve(parentPort);
