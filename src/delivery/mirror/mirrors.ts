import { asGreifError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { Service } from '../../core/start-all.ts';
import { refOf } from '../../image/format/manifest.ts';
import type { ImageStore } from '../../image/store/image-store.ts';
import { chooseImages } from './choose-images.ts';
import { connectPeer } from './peer.ts';
import type { MirroredAppliance } from './settings.ts';

export interface MirrorsOptions {
  from: readonly MirroredAppliance[];
  jobs: {
    pull(request: { url: string; token: string; ref: string }): { id: string };
    /** When it has ended, however it did. */
    ended(id: string): Promise<{ error?: { message: string } | undefined }>;
  };
  images: Pick<ImageStore, 'list'>;
  log: Log;
}

/** Fetches what is configured, at the start and then as often as it says; one version at a time for each appliance. */
export const startMirrors = ({ from, jobs, images, log }: MirrorsOptions): Service => {
  const stop = new AbortController();
  const running = new Map<string, Promise<void>>();

  const run = async ({ url, token, images: patterns }: MirroredAppliance): Promise<string[]> => {
    const peer = connectPeer({ url, token, signal: stop.signal });
    const list = await peer.list().finally(() => peer.close());
    const present = new Set((await images.list()).map(({ digest }) => digest));
    const here = new Set(list.images.filter(({ digest }) => present.has(digest)).map(refOf));
    const fetched: string[] = [];
    for (const ref of chooseImages(list.images, patterns)) {
      if (stop.signal.aborted || here.has(ref)) continue;
      const { error } = await jobs.ended(jobs.pull({ url, token, ref }).id);
      if (error) log.warn(`mirror: ${ref}: ${error.message}`, { url });
      else fetched.push(ref);
    }
    return fetched;
  };

  /** Tells the log how it went; a run that takes longer than the pause is not begun a second time. */
  const sync = (appliance: MirroredAppliance): void => {
    const { url } = appliance;
    if (running.has(url)) return;
    const ended = run(appliance).then(
      (fetched) => log.info('mirror', { url, fetched }),
      (thrown) => {
        if (!stop.signal.aborted) log.warn(`mirror: ${asGreifError(thrown).message}`, { url });
      },
    );
    running.set(
      url,
      ended.finally(() => running.delete(url)),
    );
  };

  const timers = from.map((appliance) => {
    sync(appliance);
    return setInterval(() => sync(appliance), appliance.everyMinutes * 60_000);
  });

  return {
    async close() {
      timers.forEach(clearInterval);
      stop.abort(new Error('the appliance stops'));
      await Promise.allSettled(running.values());
    },
  };
};
