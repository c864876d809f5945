import type { Log } from '../../core/log.ts';
import type { BootStore } from './ports.ts';
import type { Boot } from './step.ts';

export interface WriterLimits {
  /** Boots written in one transaction; the boot services get their turn in between. */
  batch: number;
  /** The pause before a batch: what happens in it costs one write a boot. */
  pauseMs: number;
  /** Boots that may wait; beyond, the one that waits longest is given up. */
  waiting: number;
}

/** Brings boots into the store, gathered, in small batches, and never while a service waits. A failure is told once and tried again. */
export class BootWriter {
  /** In the order in which they began to wait. */
  readonly #waiting = new Set<Boot>();
  readonly #store: BootStore;
  readonly #log: Log;
  readonly #limits: WriterLimits;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #isFailing = false;
  #isStopped = false;

  constructor(store: BootStore, log: Log, limits: WriterLimits) {
    this.#store = store;
    this.#log = log;
    this.#limits = limits;
  }

  put(boot: Boot): void {
    this.#waiting.add(boot);
    if (this.#waiting.size > this.#limits.waiting)
      this.#waiting.delete(this.#waiting.values().next().value as Boot);
    this.#schedule();
  }

  /** Writes all that wait now, as long as the store takes it. */
  flush(): Promise<void> {
    return this.#inTurn(async () => {
      for (let left = this.#waiting.size; left > 0; left -= this.#limits.batch)
        if (!(await this.#writeBatch())) return;
    });
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.flush();
  }

  #schedule(): void {
    if (this.#isStopped || this.#timer || this.#waiting.size === 0) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#inTurn(() => this.#writeBatch());
    }, this.#limits.pauseMs);
  }

  #inTurn(write: () => Promise<unknown>): Promise<void> {
    this.#writing = this.#writing.then(write).then(() => this.#schedule());
    return this.#writing;
  }

  async #writeBatch(): Promise<boolean> {
    const boots = [...this.#waiting.values().take(this.#limits.batch)];
    for (const boot of boots) this.#waiting.delete(boot);
    try {
      if (boots.length > 0) await this.#store.save(boots);
      this.#isFailing = false;
      return true;
    } catch (error) {
      for (const boot of boots) this.put(boot);
      if (!this.#isFailing)
        this.#log.error('the boot journal cannot be written (PCs boot all the same)', {
          reason: String(error),
        });
      this.#isFailing = true;
      return false;
    }
  }
}
