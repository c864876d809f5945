import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { GreifError } from '../core/errors.ts';

export interface RunOptions {
  /** Sent to the program's standard input. */
  input?: string;
  env?: Record<string, string>;
  /** Told of each line of standard output as it comes. */
  onLine?: (line: string) => void;
  /** Kills the program. */
  signal?: AbortSignal | undefined;
}

/** What a failing program said last; a whole log would drown the sentence. */
const lastWords = (lines: readonly string[]): string => lines.slice(-8).join('\n');

/**
 * Runs a program to its end and resolves with its standard output. Throws STEP_FAILED with the program's last words;
 * a program that is not there is named with the remedy.
 */
export const run = (command: string, args: readonly string[], options: RunOptions = {}): Promise<string> =>
  new Promise((resolve, reject) => {
    const { input, onLine, signal } = options;
    const child = spawn(command, args, {
      stdio: 'pipe',
      env: { ...process.env, LC_ALL: 'C', ...options.env },
      ...(signal && { signal, killSignal: 'SIGKILL' as const }),
    });
    const output: string[] = [];
    const said: string[] = [];
    createInterface(child.stdout).on('line', (line) => {
      output.push(line);
      said.push(line);
      onLine?.(line);
    });
    createInterface(child.stderr).on('line', (line) => said.push(line));
    // A program may end without reading its input; its exit status says what matters.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    child.on('error', (cause: NodeJS.ErrnoException) => {
      const message =
        cause.code === 'ENOENT'
          ? `the program ${command} is not installed: run npm run lab once`
          : cause.message;
      reject(new GreifError('STEP_FAILED', message, { cause }));
    });
    child.on('close', (status) => {
      if (status === 0) resolve(output.join('\n'));
      else reject(new GreifError('STEP_FAILED', `${command} ended with ${status}: ${lastWords(said)}`));
    });
  });

/**
 * The same for a program that starts others and mounts: in a process and mount namespace of its own, which ends with it, with `signal` and
 * with this process, even by SIGKILL.
 */
export const runContained = (
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> => {
  const contained = ['unshare', '--mount', '--pid', '--fork', '--kill-child', command, ...args];
  return run('setpriv', ['--pdeathsig', 'KILL', ...contained], options);
};
