import { setTimeout as sleep } from 'node:timers/promises';
import { GreifError } from '../core/errors.ts';

/** The pause before the nth retry, in milliseconds: doubling from half a second to half a minute, the last half of it by chance. */
export const backOffMs = (attempt: number, chance: () => number = Math.random): number => {
  const full = Math.min(30_000, 500 * 2 ** attempt);
  return full / 2 + (full / 2) * chance();
};

export interface RetryOptions {
  signal: AbortSignal;
  pauseMs?: ((attempt: number) => number) | undefined;
  /** Told of each failure that is tried again. */
  onRetry(error: GreifError, pauseMs: number): void;
}

/** Tries for ever while the appliance is UNREACHABLE: an outage must not cost a half-written disk. Everything else is thrown. */
export const untilReached = async <Result>(
  call: () => Promise<Result>,
  { signal, pauseMs = backOffMs, onRetry }: RetryOptions,
): Promise<Result> => {
  for (let attempt = 0; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof GreifError) || error.code !== 'UNREACHABLE') throw error;
      const pause = pauseMs(attempt);
      onRetry(error, pause);
      await sleep(pause, undefined, { signal });
    }
  }
};
