import { chunkId, createVolumeDigest, packChunk } from '../../src/image/format/chunk.ts';
import { encodeIndex, encodeIndexItem } from '../../src/image/format/index-file.ts';
import type { ChunkId } from '../../src/image/ports.ts';
import type { ImageStore } from '../../src/image/store/image-store.ts';

/** Publishes an image whose one partition is made of these chunks. */
export const publishChunks = async (store: ImageStore, name: string, parts: Buffer[]) => {
  const digest = createVolumeDigest();
  const items: Buffer[] = [];
  const ids: ChunkId[] = [];
  let end = 0;
  for (const bytes of parts) {
    const id = chunkId(bytes);
    end += bytes.length;
    await store.chunks.put(id, await packChunk(bytes));
    items.push(encodeIndexItem(end, id));
    digest.add(Buffer.from(id, 'hex'));
    ids.push(id);
  }
  const index = await store.addIndex(encodeIndex(Buffer.concat(items)));
  const volume = { partition: 1, firstByte: 0, sizeBytes: end, chunkCount: parts.length, dataBytes: end };
  const image = await store.publish({
    format: 'greif-image/1',
    name,
    createdAt: new Date().toISOString(),
    source: { kind: 'file', file: 'x.raw', format: 'raw' },
    diskSizeBytes: end,
    minimumDiskBytes: end,
    table: {
      scheme: 'mbr',
      diskId: '00000000',
      sectorBytes: 512,
      partitions: [{ number: 1, firstByte: 0, sizeBytes: end, type: '83' }],
    },
    volumes: [{ kind: 'partition', ...volume, index, digest: digest.digest() }],
  });
  return { image, ids, index };
};
