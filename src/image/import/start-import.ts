import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setPriority } from 'node:os';
import path from 'node:path';
import { GreifError } from '../../core/errors.ts';
import type { Manifest } from '../format/manifest.ts';
import type { ImportProgress } from './import.ts';
import type { ImportMessage, ImportRequest } from './import-messages.ts';

export interface StartImportOptions extends ImportRequest {
  onProgress?: ((progress: ImportProgress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/** Below everything that answers PCs. */
const niceness = 10;

/**
 * `importImage` in a process of its own, so that an import neither delays an answer to a PC nor takes the appliance with it.
 * It ends when `signal` is aborted (resumable) and when this process ends; an import that was through by then counts. Throws what `importImage` throws.
 */
export const startImport = async (options: StartImportOptions): Promise<Manifest> => {
  const { folder, keysFolder, name, file, onProgress, signal } = options;
  signal?.throwIfAborted();
  const child = fork(path.join(import.meta.dirname, 'import-process.ts'), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    // More threads than usual, since those that wait for the disk must not keep others from packing; `env` then becomes Node.
    execPath: 'env',
    execArgv: ['UV_THREADPOOL_SIZE=12', process.execPath],
  });
  const stop = () => child.kill('SIGTERM');
  signal?.addEventListener('abort', stop);
  let last: ImportMessage | undefined;
  child.on('message', (message: ImportMessage) => {
    if (message.kind === 'progress') onProgress?.(message.progress);
    else last = message;
  });
  const ended = once(child, 'close');
  try {
    await once(child, 'spawn');
    if (child.pid) setPriority(child.pid, niceness);
    const request: ImportRequest = { folder, keysFolder, name, file };
    if (child.connected) child.send(request);
    await ended;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
  if (last?.kind !== 'done') signal?.throwIfAborted();
  return outcome(last, child.signalCode);
};

const outcome = (last: ImportMessage | undefined, killedBy: string | null): Manifest => {
  if (last?.kind === 'done') return last.manifest;
  if (last?.kind === 'failed') throw new GreifError(last.code, last.message);
  throw new GreifError(
    'INTERNAL',
    `the import's process ended without a result${killedBy ? ` (${killedBy})` : ''}: import again, it goes on where it was`,
  );
};
