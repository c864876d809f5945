import { basename } from 'node:path';
import { type Clock, isoTime } from '../../core/clock.ts';
import { asGreifError, GreifError } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import type { Log } from '../../core/log.ts';
import { type Manifest, refOf } from '../../image/format/manifest.ts';
import type { ToldFacts } from '../../sources/source.ts';
import type { Job, Scrubbing } from '../contract/job.ts';
import type { ImageCatalogue } from './images.ts';

export interface ImportProgress {
  doneBytes: number;
  totalBytes: number;
  newChunks: number;
  reusedChunks: number;
}

type Tools<Progress> = { signal: AbortSignal; onProgress: (progress: Progress) => void };
type Bytes = Pick<ImportProgress, 'doneBytes' | 'totalBytes'>;

interface ImportFile {
  name?: string | undefined;
  file: string;
  /** Where the chunks of a casync index are. */
  chunkStore?: string | undefined;
  /** Which system of a WIM. */
  wimIndex?: number | undefined;
  /** What the disk that gets it is there for. */
  role?: string | undefined;
}

export interface PullRequest {
  url: string;
  token: string;
  ref: string;
}

/** Installer media on the appliance's disk. */
export interface SourceRequest {
  name: string;
  path: string;
  told?: ToldFacts | undefined;
}

/** The long work on images, away from this thread; each stops when its `signal` fires. */
export interface ImageWork {
  /** Reads a file into the image store; resumable. */
  import(request: ImportFile & Tools<ImportProgress>): Promise<Manifest>;
  /** Fetches `ref` from another appliance; resumable. */
  pull(
    request: PullRequest & Tools<ImportProgress & { fetchedBytes: number }>,
  ): Promise<{ manifest: Manifest }>;
  /** Proves every chunk and repairs what it can. */
  scrub(request: { repairFrom: readonly string[] } & Tools<Bytes>): Promise<Scrubbing>;
  /** Takes installer media in; not resumable. */
  importSource(request: SourceRequest & { at: string } & Tools<Bytes>): Promise<{ name: string }>;
  /** Writes an image into one file, whole or not at all. */
  export(request: { ref: string; file: string } & Tools<Bytes>): Promise<void>;
}

/** Imports and checks that are under way, and those that ended since the appliance started (the last hundred). */
export interface ImageJobs {
  /** Asked again for what is being imported, answers with the same job. */
  import(request: {
    name?: string | undefined;
    path: string;
    store?: string | undefined;
    index?: number | undefined;
    role?: string | undefined;
  }): Job;
  importSource(request: SourceRequest): Job;
  export(ref: string, path: string): Job;
  pull(request: PullRequest): Job;
  scrub(repairFrom: readonly string[]): Job;
  verify(ref: string, samplePercent?: number): Job;
  list(): Job[];
  /** Throws IMPORT_NOT_FOUND. */
  get(id: string): Job;
  /** The job when it has ended, however it did. Throws IMPORT_NOT_FOUND. */
  ended(id: string): Promise<Job>;
  /** Throws IMPORT_NOT_FOUND; a job that has ended stays as it is. */
  cancel(id: string): Job;
  /** Stops all and waits for them. */
  close(): Promise<void>;
}

type What = Pick<Job, 'kind' | 'image' | 'path' | 'samplePercent' | 'index' | 'role'>;
type Work = (onProgress: (progress: Partial<Job>) => void, signal: AbortSignal) => Promise<Partial<Job>>;

interface Running {
  job: Job;
  /** What was asked for. */
  key: string;
  stop: AbortController;
  ended: Promise<void>;
}

const keyOf = (what: What): string => JSON.stringify(what);

const kept = 100;

/** What cannot be repaired must be seen: it names the images that cannot be deployed whole any more. */
const tellScrubbing = ({ chunks, bad }: Scrubbing, log: Log): void => {
  const lost = bad.filter(({ repaired }) => !repaired);
  const images = [...new Set(lost.flatMap((one) => one.images))];
  if (lost.length > 0)
    log.error('scrub: chunks are damaged and have no good copy', { lost: lost.length, images });
  else log.info('scrub', { chunks, repaired: bad.length });
};

export const createImageJobs = (parts: {
  work: ImageWork;
  images: Pick<ImageCatalogue, 'verify'>;
  clock: Clock;
  log: Log;
}): ImageJobs => {
  const { work, images, clock, log } = parts;
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

  const start = (what: What, work: Work): Job => {
    const stop = new AbortController();
    const startedAt = isoTime(clock());
    const job: Job = { id: newId(), ...what, state: 'running', doneBytes: 0, totalBytes: 0, startedAt };
    const onProgress = (progress: Partial<Job>) => void Object.assign(job, progress);
    const ended = work(onProgress, stop.signal).then(
      (result) => settle(job, { state: 'done', ...result }),
      (thrown: unknown) => {
        const { code, message } = asGreifError(thrown);
        if (stop.signal.aborted && !(thrown instanceof GreifError)) settle(job, { state: 'cancelled' });
        else settle(job, { state: 'failed', error: { code, message } });
      },
    );
    all.set(job.id, { job, key: keyOf(what), stop, ended });
    const oldest = [...all.values()].find((running) => running.job.state !== 'running');
    if (all.size > kept && oldest) all.delete(oldest.job.id);
    return job;
  };

  const list = () => [...all.values()].map(({ job }) => job);

  /** Asked again for what is under way, answers with the same job. */
  const startOnce = (what: What, work: Work): Job => {
    const same = ({ job, key }: Running) => job.state === 'running' && key === keyOf(what);
    return [...all.values()].find(same)?.job ?? start(what, work);
  };

  return {
    import: ({ name, path, store: chunkStore, index, role }) =>
      startOnce(
        { kind: 'import', image: name ?? basename(path), path, index, role },
        async (onProgress, signal) => {
          const request = { name, file: path, chunkStore, wimIndex: index, role };
          return { imported: refOf(await work.import({ ...request, signal, onProgress })) };
        },
      ),
    importSource: ({ name, path, told }) =>
      startOnce({ kind: 'import-source', image: name, path }, async (onProgress, signal) => {
        const request = { name, path, told, at: isoTime(clock()) };
        return { imported: (await work.importSource({ ...request, signal, onProgress })).name };
      }),
    export: (ref, path) =>
      startOnce({ kind: 'export', image: ref, path }, async (onProgress, signal) => {
        await work.export({ ref, file: path, signal, onProgress });
        return {};
      }),
    verify: (ref, samplePercent) =>
      startOnce(
        { kind: 'verify', image: ref, ...(samplePercent && { samplePercent }) },
        async (onProgress, signal) => ({
          verification: await images.verify(ref, { onProgress, signal, samplePercent }),
        }),
      ),
    scrub: (repairFrom) =>
      startOnce({ kind: 'scrub', image: 'the store' }, async (onProgress, signal) => {
        const scrubbing = await work.scrub({ repairFrom, signal, onProgress });
        tellScrubbing(scrubbing, log);
        return { scrubbing };
      }),
    pull: ({ url, token, ref }) =>
      startOnce({ kind: 'pull', image: ref, path: url }, async (onProgress, signal) => ({
        imported: refOf((await work.pull({ url, token, ref, signal, onProgress })).manifest),
      })),
    list,
    get: (id) => find(id).job,
    async ended(id) {
      const { job, ended } = find(id);
      await ended;
      return job;
    },
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
