import type { Boot, Note } from './step.ts';

/** Where the boot services leave a line about what they did. Returns at once and never throws. */
export interface StepSink {
  note(step: Note): void;
}

/** For services that run without a journal. */
export const noJournal: StepSink = { note() {} };

export interface BootLimits {
  /** Milliseconds since 1970: older boots go. */
  before: number;
  perPc: number;
  /** Of the boots that never came beyond DHCP, which anyone can forge. */
  dhcpOnly: number;
  inAll: number;
}

export interface BootStore {
  /** Inserts or replaces by id, all or none. */
  save(boots: readonly Boot[]): Promise<void>;
  get(id: string): Promise<Boot | undefined>;
  /** Newest first. Without `macs` those of all PCs; `since` leaves out what ended before. */
  list(filter: { macs?: readonly string[]; since?: number; limit: number }): Promise<Boot[]>;
  /** Removes what exceeds the limits, the oldest first. */
  prune(limits: BootLimits): Promise<void>;
}
