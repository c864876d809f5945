/** How fast and how long still, from what was done in the last seconds. Pure: the caller says what time it is. */
export interface Speed {
  bytesPerSecond: number;
  /** `undefined` while there is nothing to tell it by. */
  secondsLeft: number | undefined;
}

const windowMs = 10_000;

export class SpeedMeter {
  #samples: { atMs: number; doneBytes: number }[] = [];

  measure(atMs: number, doneBytes: number, totalBytes: number): Speed {
    this.#samples.push({ atMs, doneBytes });
    this.#samples = this.#samples.filter((sample) => sample.atMs >= atMs - windowMs);
    const first = this.#samples[0] ?? { atMs, doneBytes };
    const seconds = (atMs - first.atMs) / 1000;
    const bytesPerSecond = seconds > 0 ? (doneBytes - first.doneBytes) / seconds : 0;
    return {
      bytesPerSecond,
      secondsLeft: bytesPerSecond > 0 ? (totalBytes - doneBytes) / bytesPerSecond : undefined,
    };
  }
}
