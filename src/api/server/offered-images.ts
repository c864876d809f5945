import type { ImageRoutesOptions } from '../../delivery/mirror/image-routes.ts';
import type { ChannelDesk } from '../../fleet/channels.ts';
import type { KeyRing } from '../../image/keys/key-ring.ts';
import type { ImageStore } from '../../image/store/image-store.ts';

/** What another appliance is offered: every version, with the channels that point at it. Refs are resolved as for an order. */
export const offeredImages = (parts: {
  images: Pick<ImageStore, 'list' | 'get' | 'index'>;
  channels: Pick<ChannelDesk, 'list'>;
  keys: Pick<KeyRing, 'publicKey'>;
}): Pick<ImageRoutesOptions, 'list' | 'manifest' | 'index'> => {
  const { images, channels, keys } = parts;
  return {
    async list() {
      const moves = await channels.list();
      const channelsOf = (name: string, version: number) =>
        moves.filter((move) => move.image === name && move.version === version).map(({ channel }) => channel);
      const all = await images.list();
      return {
        key: keys.publicKey(),
        images: all.map(({ manifest: { name, version }, digest }) => ({
          name,
          version,
          digest,
          channels: channelsOf(name, version),
        })),
      };
    },
    async manifest(ref) {
      const { text, signature, signer } = await images.get(ref);
      return { text, signature, ...(signer !== undefined && { signer }) };
    },
    index: (digest) => images.index(digest),
  };
};
