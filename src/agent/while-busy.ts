import { setTimeout as sleep } from 'node:timers/promises';
import { asGreifError } from '../core/errors.ts';

/**
 * While the kernel reads a new partition table its partitions are busy, and a program that is just being started still has our open files: what
 * fails for that is tried again for so long.
 */
const busyForMs = 3000;
const busyPauseMs = 100;

/** Throws what `call` threw last, or anything that is not about being busy. */
export const whileBusy = async (call: () => Promise<unknown>): Promise<void> => {
  const giveUpAt = performance.now() + busyForMs;
  for (;;) {
    try {
      await call();
      return;
    } catch (error) {
      if (!/\bbusy\b/.test(asGreifError(error).message) || performance.now() > giveUpAt) throw error;
      await sleep(busyPauseMs);
    }
  }
};
