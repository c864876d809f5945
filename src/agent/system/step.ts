import type { Evidence } from '../../fleet/order.ts';

/** What was done after the image, or why not: a line of the evidence. */
export type StepReport = Evidence['steps'][number];
