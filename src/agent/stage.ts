import type { Progress } from '../api/contract/agent.ts';
import type { OrderKind } from '../fleet/order-states.ts';
import { firstStage } from '../fleet/stages.ts';

/** How far the order is. The work moves it, the heartbeat and the screen look at it. */
export interface StageTracker {
  readonly progress: Progress;
  begin(stage: Progress['stage'], totalBytes: number): void;
  advanced(bytes: number): void;
}

/** @param entered is called when another stage begins: the appliance is told at once. */
export const trackStages = (kind: OrderKind, entered: (progress: Progress) => void): StageTracker => {
  let progress: Progress = { stage: firstStage(kind), doneBytes: 0, totalBytes: 0 };
  return {
    get progress() {
      return progress;
    },
    begin(stage, totalBytes) {
      progress = { stage, doneBytes: 0, totalBytes };
      entered(progress);
    },
    advanced(bytes) {
      progress = { ...progress, doneBytes: progress.doneBytes + bytes };
    },
  };
};
