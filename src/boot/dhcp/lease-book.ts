import { GreifError } from '../../core/errors.ts';
import type { Lease, LeaseStore } from '../ports.ts';
import type { Binding, LeaseView } from './binding.ts';

/** Leases that wait to be written together. */
interface Batch {
  leases: Lease[];
  written: Promise<void>;
}

/**
 * The bindings of one scope, in memory; leases are also in the store, offers are not. While one write is under way the next leases gather, so that
 * a whole room costs few writes.
 */
export class LeaseBook implements LeaseView {
  readonly #byAddress = new Map<string, Binding>();
  readonly #byClient = new Map<string, Binding>();
  readonly #store: LeaseStore;
  #writing: Promise<void> = Promise.resolve();
  #gathering: Batch | undefined;

  private constructor(store: LeaseStore) {
    this.#store = store;
  }

  /** Reads the store's leases that `belongs` accepts. */
  static async open(store: LeaseStore, belongs: (address: string) => boolean): Promise<LeaseBook> {
    const book = new LeaseBook(store);
    const leases = await store.all();
    for (const lease of leases.toSorted((a, b) => a.expiresAt - b.expiresAt))
      if (belongs(lease.address)) book.#put(lease);
    return book;
  }

  byClient(clientKey: string): Binding | undefined {
    return this.#byClient.get(clientKey);
  }

  byAddress(address: string): Binding | undefined {
    return this.#byAddress.get(address);
  }

  /** Holds an address for a moment; a lease that the client has already stays what it is. */
  offer(binding: Omit<Binding, 'state'>, now: number): void {
    const present = this.#byAddress.get(binding.address);
    const isHeld =
      present?.state === 'leased' && present.clientKey === binding.clientKey && present.expiresAt > now;
    if (!isHeld) this.#put({ ...binding, state: 'offered' });
  }

  /** Resolves when the lease is durable. When it cannot be written the former state is back, and the error throws. */
  async keep(lease: Lease): Promise<void> {
    const former = this.#byAddress.get(lease.address);
    this.#put(lease);
    try {
      await this.#write(lease);
    } catch (cause) {
      if (this.#byAddress.get(lease.address) === lease) {
        this.#drop(lease);
        if (former) this.#put(former);
      }
      throw new GreifError('INTERNAL', `the lease of ${lease.address} could not be written`, { cause });
    }
  }

  /** Gives an address back: an offer is forgotten, a lease ends now but its client may have it again. */
  async free(address: string, now: number): Promise<void> {
    const binding = this.#byAddress.get(address);
    if (!binding) return;
    if (binding.state === 'offered') this.#drop(binding);
    else await this.keep({ ...binding, state: binding.state, expiresAt: now });
  }

  #put(binding: Binding): void {
    const before = this.#byAddress.get(binding.address);
    if (before) this.#drop(before);
    this.#byAddress.set(binding.address, binding);
    if (binding.state !== 'declined') this.#byClient.set(binding.clientKey, binding);
  }

  #drop(binding: Binding): void {
    this.#byAddress.delete(binding.address);
    if (this.#byClient.get(binding.clientKey) === binding) this.#byClient.delete(binding.clientKey);
  }

  #write(lease: Lease): Promise<void> {
    if (!this.#gathering) {
      const leases: Lease[] = [];
      const write = () => {
        this.#gathering = undefined;
        return this.#store.save(leases);
      };
      this.#gathering = { leases, written: this.#writing.then(write, write) };
      this.#writing = this.#gathering.written;
      this.#writing.catch(() => {});
    }
    this.#gathering.leases.push(lease);
    return this.#gathering.written;
  }
}
