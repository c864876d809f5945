import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Benchmark, judge, table } from './result.ts';

/**
 * Runs NAME.ts of a folder as `npm run <command> -- NAME [--quick]` asks: a table, then as the last line one JSON object; the exit
 * status says whether all goals are met.
 */
export const runNamed = async (command: string, folder: string, names: string): Promise<void> => {
  const [name = '', ...flags] = process.argv.slice(2);
  if (!/^[a-z]+$/.test(name)) {
    process.stderr.write(`usage: npm run ${command} -- ${names} [--quick]\n`);
    process.exit(2);
  }
  const file = pathToFileURL(path.join(folder, `${name}.ts`));
  const { run } = (await import(file.href)) as { run: Benchmark };
  const { metrics, goals } = await run({ quick: flags.includes('--quick') });
  const pass = judge(metrics, goals);
  const result = { [command]: name, metrics, goals, pass };
  process.stdout.write(`${table(metrics, goals)}\n${JSON.stringify(result)}\n`);
  process.exitCode = pass ? 0 : 1;
};
