import type { Express } from 'express';
import { z } from 'zod';
import { GreifError } from '../../core/errors.ts';
import { refOf, volumeFile } from '../../image/format/manifest.ts';
import { adminPrefix } from '../contract/admin.ts';
import { imageParams } from '../contract/image.ts';
import type { ImageCatalogue } from './images.ts';
import { parse } from './parse.ts';

const params = imageParams.extend({ volume: z.string().max(64) });

/**
 * `GET /images/:image/indexes/:volume`: the index of a volume, where casync and desync take it from: `head.caibx`, `partition-2.caibx`, `gap-1048576.caibx`.
 * On the administrator's side only: who has an index can read the whole image.
 */
export const mountIndexDownload = (app: Express, images: Pick<ImageCatalogue, 'get' | 'index'>): void => {
  app.get(`${adminPrefix}/images/:image/indexes/:volume`, async (request, response) => {
    const { image, volume: asked } = parse(params, request.params, 'address');
    const { manifest } = await images.get(image);
    const volume = manifest.volumes.find((one) => volumeFile(one) === asked);
    const index = volume && (await images.index(volume.index));
    if (!index)
      throw new GreifError(
        'NOT_FOUND',
        `${refOf(manifest)} has no index ${asked}; there are ${manifest.volumes.map(volumeFile).join(', ')}`,
      );
    response.type('application/octet-stream').send(Buffer.from(index.buffer, index.byteOffset, index.length));
  });
};
