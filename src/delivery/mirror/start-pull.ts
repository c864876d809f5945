import path from 'node:path';
import { runApart } from '../../core/run-apart.ts';
import type { StorePlace } from '../../image/store/store-place.ts';
import type { Adopted, AdoptProgress } from '../../image/transfer/adopt-image.ts';
import type { PullOptions } from './pull-image.ts';

export interface PullRequest extends Pick<PullOptions, 'url' | 'token' | 'ref'> {
  place: StorePlace;
}

export interface StartPullOptions extends PullRequest, Pick<PullOptions, 'onProgress' | 'signal'> {}

/** `pullImage` in a process apart. */
export const startPull = ({ place, url, token, ref, ...rest }: StartPullOptions): Promise<Adopted> =>
  runApart<PullRequest, AdoptProgress, Adopted>({
    program: path.join(import.meta.dirname, 'pull-process.ts'),
    request: { place, url, token, ref },
    ...rest,
  });
