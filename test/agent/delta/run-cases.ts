import { deltaCase } from './delta-case.ts';

/**
 * Runs the cases of `count` seeds from `first` on, and sums what they did. Names the seed of the first that fails: it repeats it.
 */
export const runCases = async (first: number, count: number): Promise<Record<string, number>> => {
  const sums: Record<string, number> = {};
  for (let seed = first; seed < first + count; seed++) {
    const outcome = await deltaCase(seed).catch((cause) => {
      throw new Error(`case ${seed}: ${cause.message}`, { cause });
    });
    for (const [what, value] of Object.entries({ ...outcome.counts, powerCuts: outcome.powerCuts }))
      sums[what] = (sums[what] ?? 0) + value;
  }
  return sums;
};
