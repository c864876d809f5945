import type { DutyView } from './duty.ts';
import type { Screen } from './screen.ts';
import { SpeedMeter } from './speed.ts';
import type { StageTracker } from './stage.ts';
import type { Status } from './status.ts';

const redrawMs = 1000;

/** Keeps what the screen shows, and draws it every second: the agent stays alive and visible by this. */
export const createStatusBoard = (screen: Screen, version: string) => {
  let status: Status = { version, server: 'not known yet', now: 'starting' };
  let stages: StageTracker | undefined;
  let meter = new SpeedMeter();
  let stage = '';

  const draw = async (): Promise<void> => {
    const progress = stages?.progress;
    if (progress && progress.stage !== stage) meter = new SpeedMeter();
    stage = progress?.stage ?? '';
    const speed = progress && meter.measure(performance.now(), progress.doneBytes, progress.totalBytes);
    await screen.show({ ...status, progress: progress && speed && { ...progress, ...speed } });
  };
  const set = (change: Partial<Status>): void => {
    status = { ...status, ...change };
    void draw();
  };
  const idle = (change: Partial<Status>): void => {
    stages = undefined;
    set({ order: undefined, ...change });
  };
  const view: DutyView = {
    registered: ({ id, name }) => set({ machine: `${name} (${id})` }),
    waiting: () => idle({ now: 'registered and waiting for an order' }),
    working(order, tracker) {
      stages = tracker;
      set({ order, now: 'preparing', lastError: undefined });
    },
    failed: ({ code, message }) => set({ lastError: `${code}: ${message}` }),
    restarting: () => idle({ now: 'restarting, for an installer' }),
    completed: (kind) =>
      idle({
        now:
          kind === 'removal'
            ? 'the disks are wiped, this PC is out of service: switching off'
            : 'the order is completed, restarting from the disk',
      }),
  };
  setInterval(draw, redrawMs);
  return { set, view };
};
