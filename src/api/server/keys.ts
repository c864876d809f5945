import type { KeyRing } from '../../image/keys/key-ring.ts';
import type { ImageStore } from '../../image/store/image-store.ts';
import type { AdminRoutes } from '../contract/admin.ts';
import type { Handlers } from './mount.ts';

type KeyRoutes = Pick<AdminRoutes, 'getKeys' | 'trustKey' | 'distrustKey' | 'rotateKey'>;

export const keyHandlers = (keys: KeyRing, images: Pick<ImageStore, 'signAgain'>): Handlers<KeyRoutes> => {
  const all = () => ({ present: keys.publicKey(), trusted: keys.trusted() });
  return {
    getKeys: async () => all(),
    trustKey: ({ body }) => keys.trust(body.key, body.comment),
    async distrustKey({ params: { key } }) {
      await keys.distrust(key);
      return { removed: key };
    },
    async rotateKey(_input, { log }) {
      const former = keys.publicKey();
      const present = await keys.rotate();
      const signedAgain = await images.signAgain();
      log.info('the signing key is rotated', { former, present, signedAgain });
      return { ...all(), signedAgain };
    },
  };
};
