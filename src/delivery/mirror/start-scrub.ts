import path from 'node:path';
import { runApart } from '../../core/run-apart.ts';
import type { StorePlace } from '../../image/store/store-place.ts';
import type { Scrubbing, ScrubOptions } from '../../image/transfer/scrub.ts';

export interface ScrubRequest extends Pick<ScrubOptions, 'bytesPerSecond' | 'resume'> {
  place: StorePlace;
  /** Where good copies may be: addresses of appliances, paths of exports. */
  repairFrom: readonly string[];
}

export interface StartScrubOptions extends ScrubRequest, Pick<ScrubOptions, 'onProgress' | 'signal'> {}

/** `scrub` in a process apart, below all others. */
export const startScrub = (options: StartScrubOptions): Promise<Scrubbing> => {
  const { place, repairFrom, bytesPerSecond, resume, ...rest } = options;
  return runApart<ScrubRequest, { doneBytes: number; totalBytes: number }, Scrubbing>({
    program: path.join(import.meta.dirname, 'scrub-process.ts'),
    request: { place, repairFrom, bytesPerSecond, resume },
    niceness: 19,
    ...rest,
  });
};
