import type { ImageStore } from '../../image/store/image-store.ts';
import { type Adopted, type AdoptProgress, adoptImage } from '../../image/transfer/adopt-image.ts';
import { connectPeer, type PeerOptions } from './peer.ts';

export interface PullOptions extends PeerOptions {
  store: ImageStore;
  /** `name@version`, or what the other appliance means by a bare name or a channel. */
  ref: string;
  onProgress?: ((progress: AdoptProgress) => void) | undefined;
}

/** Fetches a version of an image from another appliance: only the chunks that are missing here, each proven. Begun again it goes on. */
export const pullImage = async ({
  store,
  ref,
  onProgress,
  ...peerOptions
}: PullOptions): Promise<Adopted> => {
  const peer = connectPeer(peerOptions);
  try {
    const offer = await peer.offer(ref);
    return await adoptImage({ offer, store, prove: false, onProgress, signal: peerOptions.signal });
  } finally {
    peer.close();
  }
};
