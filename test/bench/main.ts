import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Benchmark, judge, table } from './result.ts';

/** `npm run bench -- NAME [--quick]`: a table, then as the last line one JSON object; the exit status says whether all goals are met. */
const [name = '', ...flags] = process.argv.slice(2);
if (!/^[a-z]+$/.test(name)) {
  process.stderr.write('usage: npm run bench -- boot|http|storm|stream|tftp [--quick]\n');
  process.exit(2);
}
const file = pathToFileURL(path.join(import.meta.dirname, `${name}.ts`));
const { run } = (await import(file.href)) as { run: Benchmark };
const { metrics, goals } = await run({ quick: flags.includes('--quick') });
const pass = judge(metrics, goals);
process.stdout.write(`${table(metrics, goals)}\n${JSON.stringify({ bench: name, metrics, goals, pass })}\n`);
process.exitCode = pass ? 0 : 1;
