import { setTimeout as sleep } from 'node:timers/promises';
import { backOff, type RetryPolicy } from '../../core/back-off.ts';
import { mayPass } from './failure.ts';

export interface Persistence {
  /** After so many milliseconds without an answer the failure counts. */
  giveUpAfterMilliseconds: number;
  pause?: RetryPolicy;
}

/** Asks again while the store may come back; its last failure is thrown. Calls must be harmless when repeated. */
export const persist = async <Result>(
  call: () => Promise<Result>,
  { giveUpAfterMilliseconds, pause = backOff() }: Persistence,
): Promise<Result> => {
  const until = performance.now() + giveUpAfterMilliseconds;
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (thrown) {
      const wait = pause(attempt);
      if (!mayPass(thrown) || performance.now() + wait > until) throw thrown;
      await sleep(wait);
    }
  }
};
