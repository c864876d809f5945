import type { VolumeContent } from '../../../src/agent/disk/layout.ts';
import type { HttpChunks } from '../../../src/delivery/http-chunks.ts';
import type { Stretch } from '../../../src/image/disk/stretches.ts';
import { chunkId, createVolumeDigest, zeroChunkId } from '../../../src/image/format/chunk.ts';
import { allZero, chunkEnd } from '../../../src/image/format/chunker.ts';
import { decodeIndex, encodeIndex, encodeIndexItem } from '../../../src/image/format/index-file.ts';
import type { ChunkId } from '../../../src/image/ports.ts';

/** An image in memory whose chunks are not packed. */
export interface MemoryImage {
  contents: VolumeContent[];
  chunks: Map<ChunkId, Buffer>;
}

const cut = (stretch: Stretch, bytes: Buffer, chunks: MemoryImage['chunks']): VolumeContent => {
  const items: Buffer[] = [];
  let dataBytes = 0;
  for (let at = 0; at < bytes.length; ) {
    const end = chunkEnd(bytes, at);
    const chunk = bytes.subarray(at, end);
    const id = allZero(chunk) ? zeroChunkId(chunk.length) : chunkId(chunk);
    chunks.set(id, chunk);
    items.push(encodeIndexItem(end, id));
    at = end;
  }
  const index = decodeIndex(encodeIndex(Buffer.concat(items)));
  const digest = createVolumeDigest();
  for (let item = 0; item < index.count; item++) {
    digest.add(index.rawId(item));
    if (!index.isZero(item)) dataBytes += index.size(item);
  }
  const volume = { ...stretch, index: '', chunkCount: index.count, dataBytes, digest: digest.digest() };
  return { volume, index };
};

export const cutImage = (stretches: readonly Stretch[], disk: Buffer): MemoryImage => {
  const chunks: MemoryImage['chunks'] = new Map();
  const contents = stretches.map((stretch) =>
    cut(stretch, disk.subarray(stretch.firstByte, stretch.firstByte + stretch.sizeBytes), chunks),
  );
  return { contents, chunks };
};

export const chunksOf = ({ chunks }: MemoryImage): HttpChunks => ({
  async *stream(ids) {
    for (const id of ids) {
      const packed = chunks.get(id);
      yield { id, packed: packed && Buffer.from(packed) };
    }
  },
  get: async (id) => chunks.get(id),
  close() {},
});
