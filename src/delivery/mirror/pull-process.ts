/** The process in which an image is fetched from another appliance (see start-pull.ts). */
import { serveApart } from '../../core/serve-apart.ts';
import { openStoreAt } from '../../image/store/store-place.ts';
import type { Adopted, AdoptProgress } from '../../image/transfer/adopt-image.ts';
import { pullImage } from './pull-image.ts';
import type { PullRequest } from './start-pull.ts';

serveApart<PullRequest, AdoptProgress, Adopted>(async ({ place, ...request }, { report, signal }) =>
  pullImage({ ...request, store: await openStoreAt(place), onProgress: report, signal }),
);
