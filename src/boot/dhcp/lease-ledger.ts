import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../../core/clock.ts';
import { GreifError } from '../../core/errors.ts';
import type { Lease, LeaseStore, LeaseLedger as Port, ScopeUse } from '../ports.ts';
import type { Binding } from './binding.ts';
import { LeaseBook } from './lease-book.ts';
import { LeaseWriter } from './lease-writer.ts';
import { holds, sizeOf } from './range.ts';
import type { Scope } from './scope.ts';
import { addressNumber } from './subnet.ts';

const isLease = (binding: Binding): binding is Lease => binding.state !== 'offered';

/** The books of all scopes over one store. Leases of networks that have no scope any more stay in the store untouched. */
export class LeaseLedger implements Port {
  readonly #books = new Map<string, LeaseBook>();
  readonly #leases: readonly Lease[];
  readonly #writer: LeaseWriter;
  readonly #clock: Clock;

  private constructor(leases: readonly Lease[], store: LeaseStore, clock: Clock) {
    this.#leases = leases;
    this.#writer = new LeaseWriter(store);
    this.#clock = clock;
  }

  static async open(store: LeaseStore, clock: Clock): Promise<LeaseLedger> {
    return new LeaseLedger(await store.all(), store, clock);
  }

  /** The book of a scope; the same one each time, until other addresses may be given. */
  book(scope: Scope): LeaseBook {
    const present = this.#books.get(scope.name);
    if (present && isDeepStrictEqual(present.scope.pools, scope.pools)) return present;
    const bindings =
      present?.bindings() ??
      this.#leases.filter(({ address }) => holds([scope.range], addressNumber(address)));
    const book = new LeaseBook(scope, [...bindings], this.#writer);
    this.#books.set(scope.name, book);
    return book;
  }

  list(scopeName?: string): (Lease & { scope: string })[] {
    if (scopeName !== undefined && !this.#books.has(scopeName)) throw noScope(scopeName, this.#books.keys());
    return [...this.#books.values()]
      .filter(({ scope }) => scopeName === undefined || scope.name === scopeName)
      .flatMap((book) =>
        [...book.bindings()].filter(isLease).map((lease) => ({ ...lease, scope: book.scope.name })),
      )
      .sort((a, b) => addressNumber(a.address) - addressNumber(b.address));
  }

  async remove(address: string): Promise<void> {
    const book = [...this.#books.values()].find((one) => one.byAddress(address));
    if (!book) throw new GreifError('LEASE_NOT_FOUND', `no lease holds ${address}: greif lease list`);
    await book.remove(address);
  }

  /** Who has this address now; `undefined`: nobody by a lease of ours. */
  macAt(address: string): string | undefined {
    for (const book of this.#books.values()) {
      const binding = book.byAddress(address);
      if (binding?.state === 'leased' && binding.expiresAt > this.#clock()) return binding.mac;
    }
    return undefined;
  }

  scopes(): ScopeUse[] {
    const now = this.#clock();
    return [...this.#books.values()].map((book) => ({
      scope: book.scope.name,
      addresses: sizeOf(book.scope.pools),
      free: book.freeCount(now),
    }));
  }
}

const noScope = (name: string, present: Iterable<string>): GreifError =>
  new GreifError(
    'NOT_FOUND',
    `no scope is called ${name}; there are ${[...present].join(', ') || 'none: no interface has dhcp: server'}`,
  );
