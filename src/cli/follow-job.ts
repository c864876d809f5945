import { setTimeout as sleep } from 'node:timers/promises';
import type { Job } from '../api/contract/job.ts';
import { GreifError, isErrorCode } from '../core/errors.ts';
import { createProgress } from './progress.ts';
import type { Session } from './session.ts';

const pollMs = 300;

/** Shows a job until it ends; throws its error. At Ctrl-C the job is stopped. */
export const followJob = async ({ client, json, onInterrupt }: Session, started: Job): Promise<Job> => {
  const interrupted = onInterrupt();
  const progress = createProgress(json);
  let job = started;
  while (job.state === 'running') {
    progress.update(`${job.kind} ${job.image}`, job.doneBytes, job.totalBytes);
    await sleep(pollMs, undefined, { signal: interrupted }).catch(() => {});
    if (interrupted.aborted) break;
    job = await client.getJob({ params: { id: job.id } });
  }
  progress.clear();
  if (interrupted.aborted) return client.cancelJob({ params: { id: job.id } });
  const { error } = job;
  if (error) throw new GreifError(isErrorCode(error.code) ? error.code : 'INTERNAL', error.message);
  return job;
};
