import type { Log } from '../../core/log.ts';
import type { Run } from '../programs.ts';
import type { WithMount } from './mount.ts';
import type { StepReport } from './step.ts';

/** What work on an installed system needs. */
export interface SystemTools {
  run: Run;
  withMount: WithMount;
  log: Log;
}

export interface PersonalisedSystem {
  steps: StepReport[];
  /** The devices that were written to. */
  changed: string[];
}
