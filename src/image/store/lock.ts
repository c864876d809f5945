import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Lock {
  release(): Promise<void>;
}

/** `flock`'s exit status for "somebody else has it" (its `--conflict-exit-code`). */
const conflict = 75;

/**
 * Takes flock(2) on `file`, between processes as well: a small `flock` process holds it while our pipe to it is open, so the lock goes with us
 * however we end. `undefined`: somebody else has it and `wait` is false. `signal` ends the waiting.
 */
export const takeLock = async (
  file: string,
  kind: 'shared' | 'exclusive',
  { wait, signal }: { wait: boolean; signal?: AbortSignal | undefined },
): Promise<Lock | undefined> => {
  signal?.throwIfAborted();
  const options = [`--${kind}`, `--conflict-exit-code=${conflict}`, ...(wait ? [] : ['--nonblock'])];
  const holder = spawn('flock', [...options, file, 'sh', '-c', 'echo held; exec cat >/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(holder, 'close');
  const giveUp = () => holder.kill();
  signal?.addEventListener('abort', giveUp);
  const held = once(holder.stdout, 'data').then(() => true);
  const isHeld = await Promise.race([held, ended.then(() => false)]);
  signal?.removeEventListener('abort', giveUp);
  if (!isHeld) {
    const [status] = await ended;
    signal?.throwIfAborted();
    if (status === conflict) return undefined;
    throw new Error(`flock ${file} ended with status ${status}`);
  }
  return {
    async release() {
      holder.stdin.end();
      await ended;
    },
  };
};
