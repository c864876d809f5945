import type { Manifest } from '../format/manifest.ts';
import type { ImageStore } from '../store/image-store.ts';
import { readContents } from './contents.ts';
import type { ImageOffer } from './offer.ts';
import { findMissing, takeChunks } from './take-chunks.ts';

export interface AdoptOptions {
  offer: ImageOffer;
  store: ImageStore;
  /** Another name: it is then published as a version of our own, signed by us. */
  name?: string | undefined;
  /** Looks at every chunk that is there already, so that a damaged one is replaced. */
  prove: boolean;
  onProgress?: ((progress: AdoptProgress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

export interface AdoptProgress {
  /** Of what the chunks unpack to, each once. */
  doneBytes: number;
  totalBytes: number;
  newChunks: number;
  reusedChunks: number;
  /** Packed bytes of the new chunks. */
  fetchedBytes: number;
}

export interface Adopted extends AdoptProgress {
  manifest: Manifest;
}

const sum = (sizes: Iterable<number>): number => {
  let total = 0;
  for (const size of sizes) total += size;
  return total;
};

/**
 * Takes a version of an image over from elsewhere: only the chunks that the store lacks, each proven, and the manifest last, with the
 * signature that it came with. Begun again it goes on with what is still missing; a version that is there already stays as it is. Throws
 * MANIFEST_INVALID, MANIFEST_UNTRUSTED, VERSION_TAKEN, INDEX_INVALID, CHUNK_CORRUPT, CHUNK_MISSING, STORE_FULL.
 */
export const adoptImage = async (options: AdoptOptions): Promise<Adopted> => {
  const { offer, store, name, prove, onProgress = () => {}, signal } = options;
  await using ended = new AsyncDisposableStack();
  const held = await store.holdChunks();
  ended.defer(() => held.release());
  const adoption = await store.prepareAdoption(offer, name);
  const { indexes, chunkSizes } = await readContents(adoption.manifest, offer);
  const missing = await findMissing(store.chunks, chunkSizes, { prove, signal });
  const totalBytes = sum(chunkSizes.values());
  const progress: AdoptProgress = {
    doneBytes: totalBytes - sum(missing.values()),
    totalBytes,
    newChunks: 0,
    reusedChunks: chunkSizes.size - missing.size,
    fetchedBytes: 0,
  };
  onProgress(progress);
  const onTaken = (chunk: { sizeBytes: number; packedBytes: number }) => {
    progress.doneBytes += chunk.sizeBytes;
    progress.fetchedBytes += chunk.packedBytes;
    progress.newChunks++;
    onProgress(progress);
  };
  const chunks = (wanted: typeof missing) => offer.chunks(wanted, signal);
  await takeChunks({ chunks, store: store.chunks, missing, onTaken, signal });
  for (const bytes of indexes.values()) await store.addIndex(bytes);
  return { manifest: (await adoption.publish()).manifest, ...progress };
};
