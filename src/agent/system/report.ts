import type { StepReport } from './step.ts';

/** A detail never outgrows the evidence. */
const detailAtMost = 1024;

export const report = (
  name: string,
  outcome: StepReport['outcome'],
  ...sentences: readonly string[]
): StepReport => ({ name, outcome, detail: sentences.join('; ').slice(0, detailAtMost) });
