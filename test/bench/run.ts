import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { type Benchmark, judge, type RunOptions, table } from './result.ts';

const number = (text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new TypeError(`${text} is no number`);
};

const choice = <Choice extends string>(
  text: string | undefined,
  choices: readonly Choice[],
): Choice | undefined => {
  const chosen = choices.find((one) => one === text);
  if (text === undefined || chosen) return chosen;
  throw new TypeError(`${text} is none of ${choices.join(', ')}`);
};

const optionsOf = (flags: string[]): RunOptions => {
  const { values } = parseArgs({
    args: flags,
    options: {
      quick: { type: 'boolean', default: false },
      seed: { type: 'string' },
      points: { type: 'string' },
      only: { type: 'string' },
      firmware: { type: 'string' },
      scheme: { type: 'string' },
    },
  });
  const { seed, points, firmware, scheme, ...rest } = values;
  return {
    ...rest,
    seed: number(seed),
    points: number(points),
    firmware: choice(firmware, ['bios', 'uefi', 'secureboot']),
    scheme: choice(scheme, ['plain', 'lvm']),
  };
};

/**
 * Runs NAME.ts of a folder as `npm run <command> -- NAME [--quick]` asks: a table, then as the last line one JSON object; the exit
 * status says whether all goals are met.
 */
export const runNamed = async (command: string, folder: string, names: string): Promise<void> => {
  const [name = '', ...flags] = process.argv.slice(2);
  const misuse = (why: string): never => {
    process.stderr.write(`${why}usage: npm run ${command} -- ${names} [--quick] [--seed N]\n`);
    process.exit(2);
  };
  const options = (): RunOptions => {
    try {
      return optionsOf(flags);
    } catch (error) {
      return misuse(`${(error as Error).message}\n`);
    }
  };
  if (!names.split('|').includes(name)) misuse('');
  const asked = options();
  const file = pathToFileURL(path.join(folder, `${name}.ts`));
  const { run } = (await import(file.href)) as { run: Benchmark };
  const { metrics, goals } = await run(asked);
  const pass = judge(metrics, goals);
  const result = { [command]: name, metrics, goals, pass };
  process.stdout.write(`${table(metrics, goals)}\n${JSON.stringify(result)}\n`);
  process.exitCode = pass ? 0 : 1;
};
