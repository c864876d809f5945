import { fork } from 'node:child_process';
import { once } from 'node:events';

/** What a program of the benchmarks sends before it ends. Throws when it ends without. */
export const runChild = async <Result>(
  program: string,
  args: readonly string[],
  execArgv: string[] = [],
): Promise<Result> => {
  const child = fork(program, args, { execArgv });
  let result: Result | undefined;
  child.on('message', (measured) => {
    result = measured as Result;
  });
  const [status] = await once(child, 'exit');
  if (result === undefined) throw new Error(`${program} ended with status ${status} and no result`);
  return result;
};
