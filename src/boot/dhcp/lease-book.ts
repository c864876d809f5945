import { GreifError } from '../../core/errors.ts';
import type { Lease } from '../ports.ts';
import type { Binding, LeaseView } from './binding.ts';
import { ExpiryQueue } from './expiry-queue.ts';
import { FreeAddresses } from './free-addresses.ts';
import type { LeaseWriter } from './lease-writer.ts';
import { holds } from './range.ts';
import type { Scope } from './scope.ts';
import { addressNumber, addressText } from './subnet.ts';

/** The bindings of one scope, in memory; leases are also in the store, offers are not. */
export class LeaseBook implements LeaseView {
  readonly scope: Scope;
  readonly #byAddress = new Map<string, Binding>();
  readonly #byClient = new Map<string, Binding>();
  readonly #neverHeld: FreeAddresses;
  /** Bindings of addresses that anybody may be given: not those that have become reserved or left the pools. */
  readonly #ending: ExpiryQueue<Binding>;
  readonly #writer: LeaseWriter;

  /** @param bindings what is known of this scope: the leases of the store, or the bindings of a former book */
  constructor(scope: Scope, bindings: readonly Binding[], writer: LeaseWriter) {
    this.scope = scope;
    this.#writer = writer;
    this.#neverHeld = new FreeAddresses(scope.pools);
    this.#ending = new ExpiryQueue((binding) => this.#byAddress.get(binding.address) === binding);
    for (const binding of bindings.toSorted((a, b) => a.expiresAt - b.expiresAt)) this.#put(binding);
  }

  byClient(clientKey: string): Binding | undefined {
    return this.#byClient.get(clientKey);
  }

  byAddress(address: string): Binding | undefined {
    return this.#byAddress.get(address);
  }

  vacant(clientKey: string, now: number): string | undefined {
    const fresh = this.#neverHeld.choose(clientKey);
    if (fresh !== undefined) return addressText(fresh);
    const oldest = this.#ending.first();
    return oldest && oldest.expiresAt <= now ? oldest.address : undefined;
  }

  bindings(): Iterable<Binding> {
    return this.#byAddress.values();
  }

  /** How many addresses of the pools a new client could be given. */
  freeCount(now: number): number {
    let ended = 0;
    for (const { address, expiresAt } of this.#byAddress.values())
      if (expiresAt <= now && holds(this.scope.pools, addressNumber(address))) ended++;
    return this.#neverHeld.count + ended;
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
      await this.#writer.save(lease);
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

  /** Forgets a binding, in the store as well. */
  async remove(address: string): Promise<void> {
    const binding = this.#byAddress.get(address);
    await this.#writer.remove(address);
    if (binding && this.#byAddress.get(address) === binding) this.#drop(binding);
  }

  #put(binding: Binding): void {
    const before = this.#byAddress.get(binding.address);
    if (before) this.#forgetClient(before);
    this.#byAddress.set(binding.address, binding);
    if (binding.state !== 'declined') this.#byClient.set(binding.clientKey, binding);
    const number = addressNumber(binding.address);
    this.#neverHeld.take(number);
    if (holds(this.scope.pools, number)) this.#ending.add(binding, this.#byAddress.size);
  }

  #drop(binding: Binding): void {
    this.#byAddress.delete(binding.address);
    this.#forgetClient(binding);
    this.#neverHeld.giveBack(addressNumber(binding.address));
  }

  #forgetClient(binding: Binding): void {
    if (this.#byClient.get(binding.clientKey) === binding) this.#byClient.delete(binding.clientKey);
  }
}
