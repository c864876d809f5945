import type { Note, StepKind } from '../journal/step.ts';
import { clientOfGrubPath } from '../scripts/grub.ts';
import type { Ending } from './transfer.ts';

const kinds: Record<Ending['outcome'], StepKind> = {
  sent: 'tftp-sent',
  aborted: 'tftp-aborted',
  'timed out': 'tftp-timed-out',
  failed: 'tftp-failed',
  stopped: 'tftp-failed',
};

/** For the boot journal: a file that was asked for. GRUB puts the PC's MAC into the name of its configuration. */
export const askedStep = (file: string, address: string): Note => {
  const mac = clientOfGrubPath(file.replace(/^\/+/, ''))?.mac;
  return {
    kind: 'tftp-request',
    address,
    file,
    ...(mac !== undefined && { mac, stage: 'grub' as const }),
  };
};

/** How its transfer ended. `ms`: how long it took. */
export const endedStep = (asked: Note, { outcome, reason }: Ending, sizeBytes: number, ms: number): Note => ({
  ...asked,
  kind: kinds[outcome],
  sizeBytes,
  ms,
  reason: outcome === 'stopped' ? 'the appliance ended it' : reason,
});

/** A refusal, by the TFTP error code that it says (RFC 1350 section 5). */
export const refusedStep = (asked: Note, code: number, reason: string): Note => ({
  ...asked,
  kind: code === 1 ? 'tftp-not-found' : 'tftp-failed',
  reason: code === 1 ? undefined : reason,
});
