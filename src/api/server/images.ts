import { basename } from 'node:path';
import { GreifError } from '../../core/errors.ts';
import type { ImageShelf } from '../../fleet/image-shelf.ts';
import { openStates } from '../../fleet/order-states.ts';
import type { OrderStore } from '../../fleet/ports.ts';
import { type Manifest, refOf } from '../../image/format/manifest.ts';
import type { KeyRing } from '../../image/keys/key-ring.ts';
import type { AdminRoutes } from '../contract/admin.ts';
import type { ImageSummary } from '../contract/image.ts';
import type { Verification } from '../contract/job.ts';
import type { ImageJobs } from './image-jobs.ts';
import type { Handlers } from './mount.ts';

/** One version of an image, as the image store hands it out. */
export interface CataloguedImage {
  manifest: Manifest;
  /** The manifest's exact bytes as text. */
  text: string;
  /** Their SHA-256. */
  digest: string;
}

/** What the APIs need of the image store. `ref` is `name@version` or `name`; unknown ones throw IMAGE_NOT_FOUND. */
export interface ImageCatalogue {
  list(): Promise<CataloguedImage[]>;
  get(ref: string): Promise<CataloguedImage>;
  /** The bytes of a `.caibx`; `undefined` when there is none with this digest. */
  index(digest: string): Promise<Uint8Array | undefined>;
  verify(
    ref: string,
    options: {
      onProgress: (progress: { doneBytes: number; totalBytes: number }) => void;
      signal: AbortSignal;
      samplePercent?: number | undefined;
    },
  ): Promise<Verification>;
  /** Returns what went, as `name@version`; a bare name means all its versions. */
  remove(ref: string): Promise<string[]>;
}

/** The catalogue as orders see it. */
export const shelfOf = (images: Pick<ImageCatalogue, 'get'>): ImageShelf => ({
  async find(ref) {
    const { manifest, digest } = await images.get(ref);
    const { os, role, volumes } = manifest;
    return { ref: refOf(manifest), digest, system: os?.id, role, volumes };
  },
});

const summary = ({ manifest, digest }: CataloguedImage): ImageSummary => ({
  ref: refOf(manifest),
  digest,
  createdAt: manifest.createdAt,
  diskSizeBytes: manifest.diskSizeBytes,
  minimumDiskBytes: manifest.minimumDiskBytes,
  dataBytes: manifest.volumes.reduce((sum, { dataBytes }) => sum + dataBytes, 0),
});

const assertUnused = async (orders: OrderStore, ref: string): Promise<void> => {
  const open = await orders.list({ kinds: ['deploy'], states: openStates });
  for (const user of open)
    if (user.kind === 'deploy' && (user.image === ref || user.image.startsWith(`${ref}@`)))
      throw new GreifError(
        'IMAGE_IN_USE',
        `order ${user.id} needs ${user.image}: wait until it has ended, or cancel it (greif order cancel ${user.id})`,
      );
};

type ImageRoutes = Pick<
  AdminRoutes,
  | 'listImages'
  | 'getImage'
  | 'removeImage'
  | 'verifyImage'
  | 'importImage'
  | 'exportImage'
  | 'pullImage'
  | 'listJobs'
  | 'getJob'
  | 'cancelJob'
>;

export const imageHandlers = (parts: {
  images: ImageCatalogue;
  jobs: ImageJobs;
  keys: Pick<KeyRing, 'trust'>;
  orders: OrderStore;
  /** The configured token of another appliance. */
  mirrorToken(url: string): string | undefined;
}): Handlers<ImageRoutes> => {
  const { images, jobs, keys, orders, mirrorToken } = parts;
  return {
    listImages: async () => (await images.list()).map(summary),
    async getImage({ params }) {
      const image = await images.get(params.image);
      return { ...summary(image), manifest: image.manifest };
    },
    async removeImage({ params }) {
      await assertUnused(orders, params.image);
      return { removed: (await images.remove(params.image)).join(', ') };
    },
    async verifyImage({ params, query }) {
      return jobs.verify(refOf((await images.get(params.image)).manifest), query.samplePercent);
    },
    async importImage({ body: { trust, ...file } }) {
      if (trust !== undefined) await keys.trust(trust, `of ${basename(file.path)}`);
      return jobs.import(file);
    },
    async pullImage({ body: { image, from, token, trust } }) {
      if (trust !== undefined) await keys.trust(trust, `of ${from}`);
      return jobs.pull({ url: from, token: token ?? mirrorToken(from) ?? '', ref: image });
    },
    exportImage: async ({ params, body }) =>
      jobs.export(refOf((await images.get(params.image)).manifest), body.path),
    listJobs: async () => jobs.list(),
    getJob: async ({ params }) => jobs.get(params.id),
    cancelJob: async ({ params }) => jobs.cancel(params.id),
  };
};
