import test from 'ava';
import fc from 'fast-check';
import { countChecks, countTap, sumCounts } from '../../src/setup/test-count.ts';

const tap = (passed: number, failed: number): string[] => [
  'TAP version 13',
  ...Array.from({ length: passed }, (_, at) => `ok ${at + 1} - fine`),
  ...Array.from({ length: failed }, (_, at) => `not ok ${passed + at + 1} - broken`),
  '',
  `1..${passed + failed}`,
  `# tests ${passed + failed}`,
  `# pass ${passed}`,
  `# fail ${failed}`,
];

test('what the run itself counted is the count', (t) => {
  t.deepEqual(countTap(tap(12, 0), 0), { passed: 12, failed: 0 });
  t.deepEqual(countTap(tap(12, 3), 1), { passed: 12, failed: 3 });
});

test('a run that fails without naming a test is one failure', (t) => {
  t.deepEqual(countTap(tap(12, 0), 1), { passed: 12, failed: 1 });
  t.deepEqual(countTap([], 127), { passed: 0, failed: 1 });
});

test('no output cut short ever counts as passed', (t) => {
  fc.assert(
    fc.property(fc.nat(20), fc.nat(3), fc.nat(30), (passed, failed, kept) => {
      const lines = tap(passed, failed);
      const beforeThePlan = lines.slice(0, Math.min(kept, lines.length - 4));
      t.true(countTap(beforeThePlan, 0).failed > 0);
    }),
  );
});

test('checks and suites add up', (t) => {
  t.deepEqual(sumCounts([countChecks(0), countChecks(2), { passed: 40, failed: 1 }]), {
    passed: 41,
    failed: 2,
  });
});
