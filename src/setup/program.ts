import { execFile } from 'node:child_process';
import { GreifError } from '../core/errors.ts';

export interface ProgramOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Given to the program's standard input. */
  input?: string | Buffer;
}

const outputLimitBytes = 256 * 1024 * 1024;

/**
 * Runs a program to its end and returns what it printed. Throws STEP_FAILED with the program's own last words;
 * one that is not installed is named with the remedy.
 */
export const runProgram = (
  file: string,
  args: readonly string[],
  { input, ...options }: ProgramOptions = {},
): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const child = execFile(
      file,
      [...args],
      { ...options, encoding: 'buffer', maxBuffer: outputLimitBytes },
      (error, stdout, stderr) => {
        if (!error) resolve(stdout);
        else reject(programError(file, error, stderr.toString()));
      },
    );
    // A program that ends before it has read everything says why on stderr; EPIPE would only hide that.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });

const programError = (file: string, error: Error & { code?: unknown }, stderr: string): GreifError => {
  if (error.code === 'ENOENT')
    return new GreifError('STEP_FAILED', `the program ${file} is not installed`, { cause: error });
  if (/no space left on device/i.test(stderr))
    return new GreifError('STORE_FULL', `the disk is full: make room and start again (${file})`, {
      cause: error,
    });
  const lastWords = stderr.trim().split('\n').slice(-5).join('\n') || error.message;
  return new GreifError('STEP_FAILED', `${file} failed: ${lastWords}`, { cause: error, details: { stderr } });
};
