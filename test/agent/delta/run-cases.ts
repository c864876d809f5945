import type { Outcome } from './delta-case.ts';

/**
 * Runs a case for each seed from `first` on, until `count` are done or the time is over: a slow machine does fewer. Names the seed of
 * the first that fails, which repeats it.
 */
export const runCases = async (
  first: number,
  count: number,
  runCase: (seed: number) => Promise<Outcome>,
  limitMs: number,
): Promise<{ done: number; sums: Record<string, number> }> => {
  const until = performance.now() + limitMs;
  const sums: Record<string, number> = {};
  let done = 0;
  for (; done < count && performance.now() < until; done++) {
    const outcome = await runCase(first + done).catch((cause) => {
      throw new Error(`case ${first + done}: ${cause.message}`, { cause });
    });
    for (const [what, value] of Object.entries({ ...outcome.counts, powerCuts: outcome.powerCuts }))
      sums[what] = (sums[what] ?? 0) + value;
  }
  return { done, sums };
};
