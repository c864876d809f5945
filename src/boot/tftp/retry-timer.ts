import { performance } from 'node:perf_hooks';

const firstMs = 1000;
const shortestMs = 250;
const longestMs = 4000;
const retries = 7;

/**
 * When to send again. The time follows the round trips seen, doubles at each time-out, and repeated packets are not measured (RFC 6298 and Karn's
 * algorithm). A time that the client asked for stays as it is.
 */
export class RetryTimer {
  readonly #fixedMs: number | undefined;
  readonly #onRetry: () => void;
  readonly #onGiveUp: () => void;
  #roundTripMs: number | undefined;
  #varianceMs = 0;
  #sentAt: number | undefined;
  #attempt = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(timeoutSeconds: number | undefined, onRetry: () => void, onGiveUp: () => void) {
    this.#fixedMs = timeoutSeconds === undefined ? undefined : 1000 * timeoutSeconds;
    this.#onRetry = onRetry;
    this.#onGiveUp = onGiveUp;
  }

  /** Something new went out and wants an answer. */
  start(): void {
    this.#attempt = 0;
    this.#sentAt = performance.now();
    this.#arm();
  }

  /** The answer is there. */
  stop(): void {
    clearTimeout(this.#timer);
    if (this.#sentAt !== undefined) this.#measure(performance.now() - this.#sentAt);
    this.#sentAt = undefined;
  }

  #arm(): void {
    const { value } = this;
    this.#timer = setTimeout(() => this.#expire(), value);
  }

  /** Milliseconds until the next time-out. */
  get value(): number {
    if (this.#fixedMs !== undefined) return this.#fixedMs;
    const trip = this.#roundTripMs === undefined ? firstMs : this.#roundTripMs + 4 * this.#varianceMs;
    return Math.min(longestMs, Math.max(shortestMs, trip) * 2 ** this.#attempt);
  }

  #measure(ms: number): void {
    if (this.#roundTripMs === undefined) {
      this.#roundTripMs = ms;
      this.#varianceMs = ms / 2;
      return;
    }
    this.#varianceMs = 0.75 * this.#varianceMs + 0.25 * Math.abs(this.#roundTripMs - ms);
    this.#roundTripMs = 0.875 * this.#roundTripMs + 0.125 * ms;
  }

  #expire(): void {
    this.#sentAt = undefined;
    if (this.#attempt >= retries) {
      this.#onGiveUp();
      return;
    }
    this.#attempt += 1;
    this.#arm();
    this.#onRetry();
  }
}
