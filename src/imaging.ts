import path from 'node:path';
import { followChannels } from './api/server/channels.ts';
import { createImageJobs } from './api/server/image-jobs.ts';
import { shelfOf } from './api/server/images.ts';
import type { Config } from './config.ts';
import type { Clock } from './core/clock.ts';
import type { Log } from './core/log.ts';
import { startMirrors } from './delivery/mirror/mirrors.ts';
import { scheduleScrubs } from './delivery/mirror/scrub-schedule.ts';
import { startPull } from './delivery/mirror/start-pull.ts';
import { startScrub } from './delivery/mirror/start-scrub.ts';
import { createChannelDesk } from './fleet/channels.ts';
import type { ChannelStore } from './fleet/ports.ts';
import { startExport } from './image/archive/start-export.ts';
import { startImport } from './image/import/start-import.ts';
import { openKeyRing } from './image/keys/key-ring.ts';
import { s3Access } from './image/s3/access.ts';
import { storeStatus } from './image/store/status.ts';
import { openStoreAt } from './image/store/store-place.ts';
import { openSourceStore } from './sources/source-store.ts';
import { openMediumStore } from './winpe/medium.ts';

const mebibyte = 1024 ** 2;

export interface ImagingOptions {
  config: Config;
  channels: ChannelStore;
  /** What the operator keeps out of the settings: a bucket's credentials. */
  environment: NodeJS.ProcessEnv;
  clock: Clock;
  log: Log;
  /** Takes what is to be stopped. */
  started: AsyncDisposableStack;
}

/** Part of the composition: the image store with its keys and channels, and the long work on images, which goes on by itself. */
export const openImaging = async (options: ImagingOptions) => {
  const { config, environment, clock, log, started } = options;
  const { folders } = config;
  const {
    reserveMebibytes,
    scrubMebibytesPerSecond,
    scrubEveryDays,
    mirror,
    store: kind,
    s3,
  } = config.images;
  const keysFolder = path.join(folders.data, 'keys');
  const keys = await openKeyRing(keysFolder);
  const reserveBytes = reserveMebibytes * mebibyte;
  const bucket = kind === 's3' ? await s3Access(s3, environment) : undefined;
  const place = { folder: folders.images, keysFolder, reserveBytes, bucket };
  const opened = await openStoreAt(place, keys);
  started.defer(() => opened.close());
  const channels = createChannelDesk({ store: options.channels, images: shelfOf(opened), clock });
  const images = followChannels(opened, channels);
  const sources = await openSourceStore(path.join(folders.data, 'sources'), { reserveBytes });
  started.defer(() => sources.close());
  const media = await openMediumStore(path.join(folders.data, 'winpe/media'), sources);
  const loadersFolder = path.join(folders.boot, 'loaders');
  const bytesPerSecond = scrubMebibytesPerSecond * mebibyte;
  const jobs = createImageJobs({
    work: {
      import: (request) => startImport({ ...request, place, loadersFolder }),
      export: (request) => startExport({ ...request, place }),
      pull: (request) => startPull({ ...request, place }),
      async importSource(request) {
        const source = await sources.import(request);
        if (source.windows) await media.get(source);
        return source;
      },
      scrub: (request) => startScrub({ ...request, place, bytesPerSecond, resume: true }),
    },
    images,
    clock,
    log,
  });
  started.defer(() => jobs.close());
  const mirrors = startMirrors({ from: mirror.from, jobs, images: opened, log });
  started.defer(() => mirrors.close());
  const repairFrom = mirror.from.map(({ url }) => url);
  const scrubs = scheduleScrubs({
    folder: folders.images,
    everyDays: scrubEveryDays,
    begin: () => jobs.scrub(repairFrom),
  });
  started.defer(() => scrubs.close());
  return {
    keys,
    images,
    channels,
    sources,
    media,
    jobs,
    storage: {
      status: () => storeStatus(images, reserveBytes),
      collect: () => images.collect(),
      repairFrom,
    },
    mirrorToken: (url: string) => mirror.from.find((one) => one.url === url)?.token,
  };
};
