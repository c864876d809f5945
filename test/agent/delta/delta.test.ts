import test from 'ava';
import { deltaCase } from './delta-case.ts';
import { runCases } from './run-cases.ts';

test('a delta deploy gives the same disk as a full one, to the last byte, also after power cuts', async (t) => {
  const { done, sums } = await runCases(1, 2000, deltaCase, 15_000);
  t.true(done >= 200, `only ${done} cases in the time`);
  // The cases reach everything that there is.
  for (const [what, sum] of Object.entries(sums)) t.true(sum > 0, what);
});
