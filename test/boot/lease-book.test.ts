import test from 'ava';
import fc from 'fast-check';
import { LeaseBook } from '../../src/boot/dhcp/lease-book.ts';
import { LeaseLedger } from '../../src/boot/dhcp/lease-ledger.ts';
import { LeaseWriter } from '../../src/boot/dhcp/lease-writer.ts';
import type { Lease, LeaseStore } from '../../src/boot/ports.ts';
import { emptyBook, memoryLeases, scope, scopeWith } from './samples.ts';

const lease = (last: number, more: Partial<Lease> = {}): Lease => ({
  address: `10.0.0.${last}`,
  clientKey: `mac:${last}`,
  mac: `52:54:00:00:00:${last}`,
  state: 'leased',
  expiresAt: 1000,
  ...more,
});

interface Write {
  leases: readonly Lease[];
  end(error?: Error): void;
}

/** A store whose writes end when the test says so; `nextWrite` resolves when one begins. */
const slowLeases = () => {
  const store = memoryLeases();
  const begun: Write[] = [];
  const waiting: ((write: Write) => void)[] = [];
  const slow: LeaseStore = {
    ...store,
    save: (leases) =>
      new Promise((resolve, reject) => {
        const write = {
          leases,
          end: (error?: Error) => (error ? reject(error) : resolve(store.save(leases))),
        };
        const waiter = waiting.shift();
        if (waiter) waiter(write);
        else begun.push(write);
      }),
  };
  const nextWrite = (): Promise<Write> => {
    const write = begun.shift();
    return write ? Promise.resolve(write) : new Promise((resolve) => waiting.push(resolve));
  };
  return { slow, nextWrite, kept: store.leases };
};

const settled = async (promise: Promise<unknown>): Promise<boolean> => {
  const pending = Symbol('pending');
  await new Promise(setImmediate);
  return (await Promise.race([promise.catch(() => 'failed'), Promise.resolve(pending)])) !== pending;
};

test('leases of the store are there after a restart, those of other networks are not', async (t) => {
  const store = memoryLeases();
  await store.save([lease(1), lease(2, { address: '10.9.9.9' }), lease(3, { state: 'declined' })]);
  const book = (await LeaseLedger.open(store, Date.now)).book(scope);
  t.is(book.byClient('mac:1')?.address, '10.0.0.1');
  t.is(book.byClient('mac:2'), undefined);
  t.is(book.byAddress('10.0.0.3')?.state, 'declined');
  t.is(book.byClient('mac:3'), undefined);
});

test('keeping resolves only when the store has written', async (t) => {
  const { slow, nextWrite, kept } = slowLeases();
  const book = new LeaseBook(scope, [], new LeaseWriter(slow));
  const keeping = book.keep(lease(1));
  const write = await nextWrite();
  t.false(await settled(keeping));
  t.is(book.byAddress('10.0.0.1')?.state, 'leased');
  write.end();
  await keeping;
  t.true(kept.has('10.0.0.1'));
});

test('requests of one turn, and those that come during a write, are written together', async (t) => {
  const { slow, nextWrite } = slowLeases();
  const book = new LeaseBook(scope, [], new LeaseWriter(slow));
  const first = [1, 2].map((last) => book.keep(lease(last)));
  const write = await nextWrite();
  const others = [3, 4, 5].map((last) => book.keep(lease(last)));
  write.end();
  await Promise.all(first);
  const second = await nextWrite();
  t.is(write.leases.length, 2);
  t.is(second.leases.length, 3);
  second.end();
  await Promise.all(others);
});

test('a lease that could not be written is none; the next one is tried again', async (t) => {
  const { slow, nextWrite, kept } = slowLeases();
  const book = new LeaseBook(scope, [], new LeaseWriter(slow));
  const offer = { address: '10.0.0.1', clientKey: 'mac:1', mac: 'm', hostName: undefined, expiresAt: 500 };
  book.offer(offer, 0);
  const keeping = book.keep(lease(1));
  (await nextWrite()).end(new Error('disk full'));
  await t.throwsAsync(keeping, { message: /10\.0\.0\.1 could not be written/ });
  t.is(book.byAddress('10.0.0.1')?.state, 'offered');
  t.is(kept.size, 0);
  const again = book.keep(lease(1));
  (await nextWrite()).end();
  await again;
  t.true(kept.has('10.0.0.1'));
});

test('a lease that is removed is gone from book and store, also when it was being written', async (t) => {
  const { slow, nextWrite, kept } = slowLeases();
  const book = new LeaseBook(scope, [], new LeaseWriter(slow));
  const keeping = book.keep(lease(100));
  const removing = book.remove('10.0.0.100');
  (await nextWrite()).end();
  await Promise.all([keeping, removing]);
  t.is(book.byAddress('10.0.0.100'), undefined);
  t.false(kept.has('10.0.0.100'));
  t.is(book.freeCount(0), 4);
});

test('a new client gets what nobody ever held, then what ended first, then nothing', async (t) => {
  const book = emptyBook();
  const given = new Set<string>();
  for (const index of [0, 1, 2, 3]) {
    const address = book.vacant(`c${index}`, 0) ?? '';
    given.add(address);
    await book.keep(lease(0, { address, clientKey: `c${index}`, expiresAt: 1000 - index }));
  }
  t.deepEqual([...given].sort(), ['10.0.0.100', '10.0.0.101', '10.0.0.102', '10.0.0.103']);
  t.is(book.vacant('new', 996), undefined);
  t.is(book.vacant('new', 1000), book.byClient('c3')?.address);
  t.is(book.freeCount(998), 2);
  // Renewed: another one is the oldest now.
  const [oldest, next] = [book.byClient('c3')?.address ?? '', book.byClient('c2')?.address ?? ''];
  await book.keep(lease(0, { address: oldest, clientKey: 'c3', expiresAt: 5000 }));
  t.is(book.vacant('new', 1000), next);
});

test('whatever happens, free addresses are those that no binding has', async (t) => {
  const wide = scopeWith({
    pools: [
      { first: '10.0.0.10', last: '10.0.0.29' },
      { first: '10.0.0.50', last: '10.0.0.59' },
    ],
    exclude: ['10.0.0.15', { first: '10.0.0.28', last: '10.0.0.51' }],
  });
  const step = fc.record({
    kind: fc.constantFrom('offer', 'keep', 'free'),
    client: fc.nat(40),
    now: fc.nat(3000),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
      const book = emptyBook(wide);
      for (const { kind, client, now } of steps) {
        const clientKey = `c${client}`;
        const address = book.byClient(clientKey)?.address ?? book.vacant(clientKey, now);
        if (address === undefined) continue;
        const binding = { address, clientKey, mac: 'm', hostName: undefined, expiresAt: now + 500 };
        if (kind === 'offer') book.offer(binding, now);
        if (kind === 'keep') await book.keep({ ...binding, state: 'leased' });
        if (kind === 'free') await book.free(address, now);
        const bindings = [...book.bindings()];
        t.is(book.freeCount(now), 25 - bindings.filter(({ expiresAt }) => expiresAt > now).length);
        const vacant = book.vacant('stranger', now);
        t.is(vacant === undefined, book.freeCount(now) === 0);
        const holder = vacant === undefined ? undefined : book.byAddress(vacant);
        if (holder) t.is(holder.expiresAt, Math.min(...bindings.map(({ expiresAt }) => expiresAt)));
      }
    }),
    { numRuns: 200 },
  );
});

test('an offer does not take a lease away; an address that changes hands leaves its former client', async (t) => {
  const book = emptyBook();
  await book.keep(lease(1));
  book.offer({ ...lease(1), expiresAt: 60 }, 0);
  t.is(book.byAddress('10.0.0.1')?.state, 'leased');
  await book.keep(lease(1, { clientKey: 'mac:9' }));
  t.is(book.byClient('mac:1'), undefined);
  t.is(book.byClient('mac:9')?.address, '10.0.0.1');
});

test('an offer given back is forgotten, a lease given back ends now', async (t) => {
  const book = emptyBook();
  book.offer({ ...lease(1), expiresAt: 60 }, 0);
  await book.free('10.0.0.1', 5);
  t.is(book.byAddress('10.0.0.1'), undefined);
  await book.keep(lease(2));
  await book.free('10.0.0.2', 5);
  t.is(book.byAddress('10.0.0.2')?.expiresAt, 5);
  t.is(book.byClient('mac:2')?.address, '10.0.0.2');
  await book.free('10.0.0.3', 5);
});

test('a scope that changes keeps its bindings, and gives away nothing that has become ours', async (t) => {
  const ledger = await LeaseLedger.open(memoryLeases(), () => 0);
  const former = ledger.book(scope);
  await former.keep(lease(100));
  former.offer({ ...lease(101), hostName: undefined, expiresAt: 500 }, 0);
  const changed = scopeWith({ exclude: ['10.0.0.102'] });
  const book = ledger.book(changed);
  t.is(book.byClient('mac:100')?.state, 'leased');
  t.is(book.byClient('mac:101')?.state, 'offered');
  t.is(book.freeCount(0), 1);
  t.is(book.vacant('anybody', 0), '10.0.0.103');
  t.is(ledger.book(changed), book);
  t.deepEqual(ledger.scopes(), [{ scope: '10.0.0.0/24', addresses: 3, free: 1 }]);
});
