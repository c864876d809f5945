import { setTimeout as sleep } from 'node:timers/promises';
import type { Lease, LeaseStore } from '../ports.ts';

/** Leases that wait to be written together. */
interface Batch {
  leases: Lease[];
  written: Promise<void>;
}

/** A client waits a second for its answer; in these milliseconds twenty others may come at the peak. */
const gatherMs = 2;

/**
 * Group commit: leases that come within a moment, or while a write is under way, are written together, so that a whole room costs few writes. What is
 * asked for later is written later.
 */
export class LeaseWriter {
  readonly #store: LeaseStore;
  #writing: Promise<void> = Promise.resolve();
  #gathering: Batch | undefined;

  constructor(store: LeaseStore) {
    this.#store = store;
  }

  /** Resolves when the lease is durable; throws when it, and all that were written with it, could not be written. */
  save(lease: Lease): Promise<void> {
    this.#gathering ??= this.#newBatch();
    this.#gathering.leases.push(lease);
    return this.#gathering.written;
  }

  remove(address: string): Promise<void> {
    return this.#inTurn(() => this.#store.remove([address]));
  }

  #newBatch(): Batch {
    const leases: Lease[] = [];
    const written = this.#inTurn(async () => {
      await sleep(gatherMs);
      this.#gathering = undefined;
      await this.#store.save(leases);
    });
    return { leases, written };
  }

  /** After what was asked for before, whether that went well or not. */
  #inTurn(write: () => Promise<void>): Promise<void> {
    this.#gathering = undefined;
    const written = this.#writing.then(write, write);
    this.#writing = written;
    written.catch(() => {});
    return written;
  }
}
