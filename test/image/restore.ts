import { unpackChunk } from '../../src/image/format/chunk.ts';
import { decodeIndex } from '../../src/image/format/index-file.ts';
import type { Manifest } from '../../src/image/format/manifest.ts';
import type { ImageStore } from '../../src/image/store/image-store.ts';

/** The disk that an image stands for, put together the plain way. */
export const restoreDisk = async (store: ImageStore, manifest: Manifest): Promise<Buffer> => {
  const disk = Buffer.alloc(manifest.diskSizeBytes);
  for (const volume of manifest.volumes) {
    const bytes = await store.index(volume.index);
    if (!bytes) throw new Error(`no index ${volume.index}`);
    const index = decodeIndex(bytes);
    for (let item = 0; item < index.count; item++) {
      const id = index.id(item);
      const packed = await store.chunks.get(id);
      if (!packed) throw new Error(`no chunk ${id}`);
      unpackChunk(id, packed, index.size(item)).copy(disk, volume.firstByte + index.start(item));
    }
  }
  return disk;
};
