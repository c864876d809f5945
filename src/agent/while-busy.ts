import { setTimeout as sleep } from 'node:timers/promises';
import { asGreifError } from '../core/errors.ts';

/**
 * While the kernel reads a new partition table disk and partitions are busy, and a program that is just being started still has our open files: what
 * fails for that is tried again for so long.
 */
const busyForMs = 3000;
const busyPauseMs = 100;

const isBusy = (thrown: unknown): boolean => /\bbusy\b/i.test(asGreifError(thrown).message);

/** Throws what `call` threw last, or anything that is not about being busy. */
export const whileBusy = async <Result>(call: () => Promise<Result>): Promise<Result> => {
  const giveUpAt = performance.now() + busyForMs;
  for (;;) {
    try {
      return await call();
    } catch (thrown) {
      if (!isBusy(thrown) || performance.now() > giveUpAt) throw thrown;
      await sleep(busyPauseMs);
    }
  }
};
