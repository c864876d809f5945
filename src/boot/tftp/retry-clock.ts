const firstMs = 1000;
const shortestMs = 250;
const longestMs = 4000;
const retries = 7;
/** A client that is silent for so long is not asked again, whatever time-out it wanted. */
const patienceMs = 120_000;

/**
 * When to send again; all times in milliseconds of one clock. The time-out follows the round trips seen, doubles at each expiry, and repeated packets are
 * not measured (RFC 6298 and Karn's algorithm). A time-out that the client asked for (RFC 2349) stays as it is. Pure.
 */
export class RetryClock {
  readonly #fixedMs: number | undefined;
  #roundTripMs: number | undefined;
  #varianceMs = 0;
  #startedAt = 0;
  #attempt = 0;
  #deadline = Number.POSITIVE_INFINITY;

  constructor(timeoutSeconds: number | undefined) {
    this.#fixedMs = timeoutSeconds === undefined ? undefined : 1000 * timeoutSeconds;
  }

  /** When to call `expire`. */
  get deadline(): number {
    return this.#deadline;
  }

  /** Something new went out and wants an answer. */
  start(now: number): void {
    this.#attempt = 0;
    this.#startedAt = now;
    this.#deadline = now + this.#timeoutMs;
  }

  /** The answer is there. */
  answered(now: number): void {
    if (this.#attempt === 0) this.#measure(now - this.#startedAt);
  }

  /** The deadline has passed. */
  expire(now: number): 'send again' | 'give up' {
    const isLate = this.#attempt > 0 && now - this.#startedAt >= patienceMs;
    if (this.#attempt >= retries || isLate) return 'give up';
    this.#attempt += 1;
    this.#deadline = now + this.#timeoutMs;
    return 'send again';
  }

  get #timeoutMs(): number {
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
}
