import { type DiagnosisCode, diagnoses, type Verdict } from './diagnoses.ts';
import type { Heard } from './journal.ts';
import { signs } from './signs.ts';
import type { Step } from './step.ts';

export interface Diagnosis {
  code: DiagnosisCode;
  verdict: Verdict;
  title: string;
  /** What of this PC shows it. */
  seen: string;
  remedy: string;
}

const named = (code: DiagnosisCode, seen: string): Diagnosis => ({ code, seen, ...diagnoses[code] });

/** As long a silence as an ordinary boot may have at that point. */
const patienceMs = 120_000;

/** The name for what happened to a PC in one boot, at the time `now`. Pure. */
export const diagnose = (steps: readonly Step[], now: number): Diagnosis => {
  const last = steps.at(-1);
  if (!last) return named('stopped', 'no step is left');
  const quietMs = now - last.at;
  for (const { code, patience = 0, sign } of signs) {
    const seen = quietMs < patience ? undefined : sign(steps);
    if (seen !== undefined) return named(code, seen);
  }
  const seen = `the last step was ${last.kind}, ${Math.round(quietMs / 1000)} s ago`;
  return named(quietMs < patienceMs ? 'under-way' : 'stopped', seen);
};

/** The same for a PC of which no boot is known. `since`: when the appliance began to listen. */
export const diagnoseAbsent = (heard: Heard | undefined, since: string): Diagnosis => {
  if (!heard) return named('never-heard', `no packet of this MAC since ${since}`);
  const { address = 'an unknown address' } = heard;
  return heard.kind === 'request' || heard.kind === 'ack'
    ? named('only-renewals', `a running system renewed ${address}`)
    : named('never-asked-to-boot', `a DHCP ${heard.kind} without PXE`);
};
