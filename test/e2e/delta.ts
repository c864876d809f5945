import { runCases } from '../agent/delta/run-cases.ts';
import type { Benchmark } from '../bench/result.ts';

/** Random disks, edits and power cuts by the hundred thousand: a delta deploy against a full one, byte for byte. */
export const run: Benchmark = async ({ quick }) => {
  const cases = quick ? 2_000 : 100_000;
  const first = 1_000_000;
  const metrics: Record<string, number> = { cases: 0 };
  for (let done = 0; done < cases; done += 1000) {
    const sums = await runCases(first + done, 1000);
    metrics['cases'] = done + 1000;
    for (const [what, sum] of Object.entries(sums)) metrics[what] = (metrics[what] ?? 0) + sum;
    process.stderr.write(`${done + 1000} cases are right\n`);
  }
  return { metrics, goals: { cases: `>=${cases}`, powerCuts: '>=1', copiedBytes: '>=1' } };
};
