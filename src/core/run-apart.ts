import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setPriority } from 'node:os';
import { type ErrorCode, GreifError } from './errors.ts';

/** What a process apart tells: progress, then one of the others. */
export type ApartMessage =
  | { kind: 'progress'; progress: unknown }
  | { kind: 'done'; result: unknown }
  | { kind: 'failed'; code: ErrorCode; message: string; details?: Record<string, unknown> | undefined };

export interface ApartOptions<Request, Progress> {
  /** The program: it calls `serveApart`. */
  program: string;
  /** Plain values. They do not show in the list of processes, so a secret may be among them. */
  request: Request;
  onProgress?: ((progress: Progress) => void) | undefined;
  signal?: AbortSignal | undefined;
  /** Added to the process' nice value. */
  niceness?: number;
}

/** Below everything that answers PCs. */
const usualNiceness = 10;

/**
 * Runs long work in a process of its own, so that it neither delays an answer to a PC nor takes the appliance with it. It ends when `signal` is
 * aborted and when this process ends; work that was through by then counts. Throws what the work throws.
 */
export const runApart = async <Request, Progress, Result>(
  options: ApartOptions<Request, Progress>,
): Promise<Result> => {
  const { program, request, onProgress, signal, niceness = usualNiceness } = options;
  signal?.throwIfAborted();
  const child = fork(program, {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    // More threads than usual, since those that wait for the disk must not keep others from packing; `env` then becomes Node.
    execPath: 'env',
    execArgv: ['UV_THREADPOOL_SIZE=12', process.execPath],
  });
  const stop = () => child.kill('SIGTERM');
  signal?.addEventListener('abort', stop);
  let last: ApartMessage | undefined;
  child.on('message', (message: ApartMessage) => {
    if (message.kind === 'progress') onProgress?.(message.progress as Progress);
    else last = message;
  });
  const ended = once(child, 'close');
  try {
    await once(child, 'spawn');
    if (child.pid) setPriority(child.pid, niceness);
    if (child.connected) child.send(request as object);
    await ended;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
  if (last?.kind !== 'done') signal?.throwIfAborted();
  return outcome(last, child.signalCode) as Result;
};

const outcome = (last: ApartMessage | undefined, killedBy: string | null): unknown => {
  if (last?.kind === 'done') return last.result;
  if (last?.kind === 'failed')
    throw new GreifError(last.code, last.message, last.details && { details: last.details });
  throw new GreifError(
    'INTERNAL',
    `the process ended without a result${killedBy ? ` (${killedBy})` : ''}: ask again, it goes on where it was`,
  );
};
