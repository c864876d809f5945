/** Milliseconds to wait before attempt 1, 2, 3, … after a lost connection. */
export type RetryPolicy = (attempt: number) => number;

/** A lost connection that will be tried again. */
export interface Retry {
  attempt: number;
  delayMilliseconds: number;
  error: Error;
}

/** Doubles from 250 ms to 15 s; a random half of it is cut off so that a room of PCs does not return in step. */
export const backOff =
  (random: () => number = Math.random): RetryPolicy =>
  (attempt) =>
    Math.min(15_000, 250 * 2 ** (attempt - 1)) * (0.5 + random() / 2);
