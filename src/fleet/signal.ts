import { EventEmitter } from 'node:events';

/** Wakes those who wait for a change in this process: an agent for its order, a watcher for its order's next event. */
export interface Signal {
  notify(key: string): void;
  /** Resolves at the next `notify`, after `waitMs` milliseconds, or when `abort` fires. Ask before you look, so that nothing slips between. */
  next(key: string, waitMs: number, abort?: AbortSignal): Promise<void>;
}

export const machineKey = (machineId: string): string => `machine:${machineId}`;
export const orderKey = (orderId: number): string => `order:${orderId}`;

export const createSignal = (): Signal => {
  const emitter = new EventEmitter().setMaxListeners(0);
  return {
    notify: (key) => {
      emitter.emit(key);
    },
    next: (key, waitMs, abort) =>
      new Promise((resolve) => {
        const done = () => {
          clearTimeout(timer);
          emitter.off(key, done);
          abort?.removeEventListener('abort', done);
          resolve();
        };
        const timer = setTimeout(done, waitMs);
        emitter.on(key, done);
        abort?.addEventListener('abort', done);
        if (abort?.aborted) done();
      }),
  };
};
