import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Lock {
  release(): Promise<void>;
}

/** `flock`'s exit status for "somebody else has it" (its `--conflict-exit-code`). */
const conflict = 75;

/**
 * Takes flock(2) on `file`, between processes as well: a small `flock` process holds it while our pipe to it is open, so the lock goes with us
 * however we end. `undefined`: somebody else has it and `wait` is false.
 */
export const takeLock = async (
  file: string,
  kind: 'shared' | 'exclusive',
  { wait }: { wait: boolean },
): Promise<Lock | undefined> => {
  const options = [`--${kind}`, `--conflict-exit-code=${conflict}`, ...(wait ? [] : ['--nonblock'])];
  const holder = spawn('flock', [...options, file, 'sh', '-c', 'echo held; exec cat >/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(holder, 'close');
  const held = once(holder.stdout, 'data').then(() => true);
  if (!(await Promise.race([held, ended.then(() => false)]))) {
    const [status] = await ended;
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
