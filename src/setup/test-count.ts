export interface Count {
  passed: number;
  failed: number;
}

/** A step that is one check: the type check, the lint. */
export const countChecks = (status: number): Count =>
  status === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };

/**
 * Pure: what a TAP run counted at its end (`# pass 12`, `# fail 1`). A run that failed without naming a test, or that was cut short
 * before its plan (`1..13`), counts as one failure more: nothing passes by dying early.
 */
export const countTap = (lines: readonly string[], status: number): Count => {
  const last = (pattern: RegExp) => lines.findLast((line) => pattern.test(line))?.match(pattern)?.[1];
  const passed = Number(last(/^# pass (\d+)$/) ?? 0);
  const failed = Number(last(/^# fail (\d+)$/) ?? 0);
  const isWhole = last(/^1\.\.(\d+)$/) !== undefined;
  return { passed, failed: failed === 0 && (status !== 0 || !isWhole) ? 1 : failed };
};

export const sumCounts = (counts: readonly Count[]): Count => ({
  passed: counts.reduce((sum, count) => sum + count.passed, 0),
  failed: counts.reduce((sum, count) => sum + count.failed, 0),
});
