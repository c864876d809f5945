import type { Boot, Step, StepFacts } from './step.ts';

const seconds = 1000;
const minutes = 60 * seconds;

/** PXE firmware repeats DISCOVER after 4, 8, 16 and 32 s (PXE 2.1 section 2.2.4): a longer silence is a new start. */
const retryMs = 60 * seconds;
/** A slow transfer or a system that unpacks itself is silent for long. */
const workingMs = 10 * minutes;
/** No PC gets through its self-test this fast: back from its disk so soon, it never left. */
const bouncedMs = 15 * seconds;
/** iPXE on UEFI goes to the disk by way of our GRUB, which asks again. */
const handoverMs = 60 * seconds;

/** How a boot came to its end, as far as we can see it: sent to its disk, or in the hands of the agent. */
type End = { by: 'disk' | 'agent'; at: number } | undefined;

const endOf = (steps: readonly Step[]): End => {
  const last = steps.findLast(({ kind }) => kind === 'plan' || kind === 'check-in' || kind === 'order');
  if (!last || (last.kind === 'plan' && last.plan !== 'local-disk')) return undefined;
  return { by: last.kind === 'plan' ? 'disk' : 'agent', at: last.at };
};

const isDiscover = ({ kind, stage }: StepFacts): boolean => kind === 'discover' && stage !== 'system';

/** Whether a boot may begin with this: not with what systems do that run already. */
export const mayBegin = ({ kind, stage }: StepFacts): boolean => stage !== 'system' && kind !== 'order';

const begins = (step: StepFacts): boolean =>
  isDiscover(step) || step.kind === 'script' || step.kind === 'tftp-request';

/** The renewals of a system that runs already would keep a boot open for ever. */
const lastOwnAt = (steps: readonly Step[]): number =>
  steps.findLast(({ stage }) => stage !== 'system')?.at ?? 0;

const continuesAfterDisk = (step: StepFacts, sinceMs: number): boolean => {
  if (isDiscover(step)) return sinceMs < bouncedMs;
  return sinceMs < (step.stage === 'system' ? workingMs : handoverMs);
};

/**
 * Whether a step at `now` still belongs to the boot: what firmware, its loader, the kernel and the agent ask one after the other is one boot. A new one
 * begins when firmware asks after a silence, or after the boot had come to its end.
 */
export const belongsTo = (boot: Pick<Boot, 'steps' | 'lastAt'>, step: StepFacts, now: number): boolean => {
  const quietMs = now - boot.lastAt;
  // Held together by the boot session, however long the agent waits for work.
  if (step.kind === 'check-in' || step.kind === 'order')
    return boot.steps.some(({ bootId }) => bootId === step.bootId);
  const end = endOf(boot.steps);
  if (end?.by === 'agent') return !begins(step) && quietMs < workingMs;
  if (end?.by === 'disk') return continuesAfterDisk(step, now - end.at);
  if (step.stage === 'system') return now - lastOwnAt(boot.steps) < workingMs;
  return quietMs < (isDiscover(step) ? retryMs : workingMs);
};
