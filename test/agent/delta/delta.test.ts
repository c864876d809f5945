import test from 'ava';
import { runCases } from './run-cases.ts';

const cases = 500;

for (const [position, first] of [1, 10_001, 20_001, 30_001].entries())
  test.serial(
    `a delta deploy gives the same disk as a full one, to the last byte, also after power cuts: ${cases} random cases (${position + 1} of 4)`,
    async (t) => {
      t.timeout(600_000);
      const sums = await runCases(first, cases);
      // They reach everything that there is.
      for (const [what, sum] of Object.entries(sums)) t.true(sum > 0, what);
    },
  );
