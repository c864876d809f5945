import type { DeployEvidence } from '../../fleet/order-evidence.ts';

/** What was done after the image, or why not: a line of the evidence. */
export type StepReport = DeployEvidence['steps'][number];
