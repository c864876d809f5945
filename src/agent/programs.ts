import { spawn } from 'node:child_process';
import { GreifError } from '../core/errors.ts';

export interface ProgramOptions {
  /** Written to its standard input. */
  input?: string | undefined;
  signal?: AbortSignal | undefined;
  /** After so long it is killed: a PC whose disk or firmware hangs must say so. Ten minutes unless told. */
  timeLimitMs?: number | undefined;
  /** Exit statuses that mean success; just 0 unless told. */
  accept?: readonly number[] | undefined;
}

/** Runs a program by its argument list, never through a shell, and answers its standard output. */
export type Run = (program: string, args: readonly string[], options?: ProgramOptions) => Promise<string>;

const lastLine = (text: string): string => text.trim().split('\n').slice(-3).join(' / ').slice(0, 600);

/** Throws STEP_FAILED with the program's last words. `LC_ALL=C`: what we parse must not be translated. */
export const run: Run = (program, args, { input, signal, timeLimitMs = 600_000, accept = [0] } = {}) =>
  new Promise((resolve, reject) => {
    const env = { ...process.env, LC_ALL: 'C' };
    const child = spawn(program, args, { signal, env, stdio: ['pipe', 'pipe', 'pipe'] });
    // Not spawn's own `timeout`: for a program that is not there its timer goes on.
    const limit = setTimeout(() => child.kill('SIGKILL'), timeLimitMs);
    let output = '';
    let complaint = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.stderr
      .setEncoding('utf8')
      .on('data', (text: string) => (complaint = (complaint + text).slice(-8192)));
    // A program that ends without reading its input breaks the pipe; its exit status tells the rest.
    child.stdin.on('error', () => {}).end(input ?? '');
    child.on('error', (cause) => {
      clearTimeout(limit);
      reject(new GreifError('STEP_FAILED', `${program} cannot be run: ${cause.message}`, { cause }));
    });
    child.on('close', (status, killedBy) => {
      clearTimeout(limit);
      if (status !== null && accept.includes(status)) return resolve(output);
      const end =
        status === null
          ? `was ended by ${killedBy} (it may take ${timeLimitMs / 1000} s)`
          : `ended with status ${status}`;
      reject(
        new GreifError(
          'STEP_FAILED',
          `${program} ${args.join(' ')} ${end}: ${lastLine(complaint || output)}`,
        ),
      );
    });
  });
