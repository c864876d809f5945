import { execFile } from 'node:child_process';

/** Runs a program with its input closed; gives its output, or throws with what it said. */
export const tool = (program: string, ...args: string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = execFile(
      program,
      args,
      { timeout: 60_000, killSignal: 'SIGKILL' },
      (error, output, said) =>
        error ? reject(new Error(`${program}: ${said || error.message}`)) : resolve(output),
    );
    child.stdin?.end();
  });
