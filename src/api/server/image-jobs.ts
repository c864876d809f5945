import { type Clock, isoTime } from '../../core/clock.ts';
import { asGreifError, GreifError } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import type { Log } from '../../core/log.ts';
import { type Manifest, refOf } from '../../image/format/manifest.ts';
import type { Job } from '../contract/job.ts';
import type { ImageCatalogue } from './images.ts';

export interface ImportProgress {
  doneBytes: number;
  totalBytes: number;
  newChunks: number;
  reusedChunks: number;
}

/** Reads a disk image into the image store, away from this thread; stops, resumable, when `signal` fires. */
export type RunImport = (request: {
  name: string;
  file: string;
  signal: AbortSignal;
  onProgress: (progress: ImportProgress) => void;
}) => Promise<Manifest>;

/** Imports and checks that are under way, and those that ended since the appliance started (the last hundred). */
export interface ImageJobs {
  /** Asked again for what is being imported, answers with the same job. */
  import(request: { name: string; path: string }): Job;
  verify(ref: string): Job;
  list(): Job[];
  /** Throws IMPORT_NOT_FOUND. */
  get(id: string): Job;
  /** Throws IMPORT_NOT_FOUND; a job that has ended stays as it is. */
  cancel(id: string): Job;
  /** Stops all and waits for them. */
  close(): Promise<void>;
}

interface Running {
  job: Job;
  stop: AbortController;
  ended: Promise<void>;
}

const kept = 100;

export const createImageJobs = (parts: {
  runImport: RunImport;
  images: Pick<ImageCatalogue, 'verify'>;
  clock: Clock;
  log: Log;
}): ImageJobs => {
  const { runImport, images, clock, log } = parts;
  const all = new Map<string, Running>();

  const find = (id: string): Running => {
    const running = all.get(id);
    if (running) return running;
    throw new GreifError(
      'IMPORT_NOT_FOUND',
      `there is no job ${id}: the appliance forgets jobs when it stops; ask for the import again and it goes on where it was`,
    );
  };

  const settle = (job: Job, change: Partial<Job>) => {
    Object.assign(job, change, { endedAt: isoTime(clock()) });
    const { id, kind, image, state, error } = job;
    log[error ? 'warn' : 'info'](`${kind} ${state}`, { job: id, image, reason: error?.message });
  };

  const start = (
    what: Pick<Job, 'kind' | 'image' | 'path'>,
    work: (job: Job, signal: AbortSignal) => Promise<Partial<Job>>,
  ): Job => {
    const stop = new AbortController();
    const startedAt = isoTime(clock());
    const job: Job = { id: newId(), ...what, state: 'running', doneBytes: 0, totalBytes: 0, startedAt };
    const ended = work(job, stop.signal).then(
      (result) => settle(job, { state: 'done', ...result }),
      (thrown: unknown) => {
        const { code, message } = asGreifError(thrown);
        if (stop.signal.aborted && !(thrown instanceof GreifError)) settle(job, { state: 'cancelled' });
        else settle(job, { state: 'failed', error: { code, message } });
      },
    );
    all.set(job.id, { job, stop, ended });
    const oldest = [...all.values()].find((running) => running.job.state !== 'running');
    if (all.size > kept && oldest) all.delete(oldest.job.id);
    return job;
  };

  const list = () => [...all.values()].map(({ job }) => job);
  return {
    import({ name, path }) {
      const same = list().find((job) => job.state === 'running' && job.image === name && job.path === path);
      return (
        same ??
        start({ kind: 'import', image: name, path }, async (job, signal) => {
          const onProgress = (progress: ImportProgress) => void Object.assign(job, progress);
          return { imported: refOf(await runImport({ name, file: path, signal, onProgress })) };
        })
      );
    },
    verify(ref) {
      const same = list().find(
        (job) => job.state === 'running' && job.kind === 'verify' && job.image === ref,
      );
      return (
        same ??
        start({ kind: 'verify', image: ref }, async (job, signal) => ({
          verification: await images.verify(ref, (progress) => void Object.assign(job, progress), signal),
        }))
      );
    },
    list,
    get: (id) => find(id).job,
    cancel(id) {
      const { job, stop } = find(id);
      stop.abort();
      return job;
    },
    async close() {
      for (const { stop } of all.values()) stop.abort();
      await Promise.all([...all.values()].map(({ ended }) => ended));
    },
  };
};
