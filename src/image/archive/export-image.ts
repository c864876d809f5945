import type { ImageStore } from '../store/image-store.ts';
import { readContents } from '../transfer/contents.ts';
import { writeArchive } from './write-archive.ts';

export interface ExportOptions {
  store: ImageStore;
  /** `name` (its newest version) or `name@version`. */
  ref: string;
  /** An absolute path; there must be no such file yet. */
  file: string;
  onProgress?: ((progress: { doneBytes: number; totalBytes: number }) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/** Writes a version of an image into one file; while it runs none of its chunks is removed. Throws what `writeArchive` throws, and IMAGE_NOT_FOUND. */
export const exportImage = async ({ store, ref, file, onProgress, signal }: ExportOptions): Promise<void> => {
  await using ended = new AsyncDisposableStack();
  const held = await store.holdChunks();
  ended.defer(() => held.release());
  const image = await store.get(ref);
  const { indexes, chunkSizes } = await readContents(image.manifest, store);
  let totalBytes = 0;
  for (const size of chunkSizes.values()) totalBytes += size;
  await writeArchive({
    image,
    signer: image.signer,
    indexes,
    chunkSizes,
    chunks: store.chunks,
    file,
    onProgress: (doneBytes) => onProgress?.({ doneBytes, totalBytes }),
    signal,
  });
};
