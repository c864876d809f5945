import test from 'ava';
import { LeaseBook } from '../../src/boot/dhcp/lease-book.ts';
import type { Lease, LeaseStore } from '../../src/boot/ports.ts';
import { emptyBook, memoryLeases } from './samples.ts';

const lease = (last: number, more: Partial<Lease> = {}): Lease => ({
  address: `10.0.0.${last}`,
  clientKey: `mac:${last}`,
  mac: `52:54:00:00:00:${last}`,
  state: 'leased',
  expiresAt: 1000,
  ...more,
});

/** A store whose writes end when the test says so. */
const slowLeases = () => {
  const store = memoryLeases();
  const writes: { leases: readonly Lease[]; end: (error?: Error) => void }[] = [];
  const slow: LeaseStore = {
    ...store,
    save: (leases) =>
      new Promise((resolve, reject) => {
        writes.push({ leases, end: (error) => (error ? reject(error) : resolve(store.save(leases))) });
      }),
  };
  return { slow, writes, kept: store.leases };
};

const settled = async (promise: Promise<unknown>): Promise<boolean> => {
  const pending = Symbol('pending');
  await new Promise(setImmediate);
  return (await Promise.race([promise.catch(() => 'failed'), Promise.resolve(pending)])) !== pending;
};

test('leases of the store are there after a restart, those of other networks are not', async (t) => {
  const store = memoryLeases();
  await store.save([lease(1), lease(2, { address: '10.9.9.9' }), lease(3, { state: 'declined' })]);
  const book = await LeaseBook.open(store, (address) => address.startsWith('10.0.0.'));
  t.is(book.byClient('mac:1')?.address, '10.0.0.1');
  t.is(book.byClient('mac:2'), undefined);
  t.is(book.byAddress('10.0.0.3')?.state, 'declined');
  t.is(book.byClient('mac:3'), undefined);
});

test('keeping resolves only when the store has written', async (t) => {
  const { slow, writes, kept } = slowLeases();
  const book = await LeaseBook.open(slow, () => true);
  const keeping = book.keep(lease(1));
  t.false(await settled(keeping));
  t.is(book.byAddress('10.0.0.1')?.state, 'leased');
  writes[0]?.end();
  await keeping;
  t.true(kept.has('10.0.0.1'));
});

test('leases that come while one is written are written together', async (t) => {
  const { slow, writes } = slowLeases();
  const book = await LeaseBook.open(slow, () => true);
  const first = book.keep(lease(1));
  await new Promise(setImmediate);
  const others = [2, 3, 4].map((last) => book.keep(lease(last)));
  writes[0]?.end();
  await first;
  await new Promise(setImmediate);
  t.deepEqual(
    writes.map(({ leases }) => leases.length),
    [1, 3],
  );
  writes[1]?.end();
  await Promise.all(others);
});

test('a lease that could not be written is none; the next one is tried again', async (t) => {
  const { slow, writes, kept } = slowLeases();
  const book = await LeaseBook.open(slow, () => true);
  const offer = { address: '10.0.0.1', clientKey: 'mac:1', mac: 'm', hostName: undefined, expiresAt: 500 };
  book.offer(offer, 0);
  const keeping = book.keep(lease(1));
  await new Promise(setImmediate);
  writes[0]?.end(new Error('disk full'));
  await t.throwsAsync(keeping, { message: /10\.0\.0\.1 could not be written/ });
  t.is(book.byAddress('10.0.0.1')?.state, 'offered');
  t.is(kept.size, 0);
  const again = book.keep(lease(1));
  await new Promise(setImmediate);
  writes[1]?.end();
  await again;
  t.true(kept.has('10.0.0.1'));
});

test('an offer does not take a lease away; an address that changes hands leaves its former client', async (t) => {
  const book = await emptyBook();
  await book.keep(lease(1));
  book.offer({ ...lease(1), expiresAt: 60 }, 0);
  t.is(book.byAddress('10.0.0.1')?.state, 'leased');
  await book.keep(lease(1, { clientKey: 'mac:9' }));
  t.is(book.byClient('mac:1'), undefined);
  t.is(book.byClient('mac:9')?.address, '10.0.0.1');
});

test('an offer given back is forgotten, a lease given back ends now', async (t) => {
  const book = await emptyBook();
  book.offer({ ...lease(1), expiresAt: 60 }, 0);
  await book.free('10.0.0.1', 5);
  t.is(book.byAddress('10.0.0.1'), undefined);
  await book.keep(lease(2));
  await book.free('10.0.0.2', 5);
  t.is(book.byAddress('10.0.0.2')?.expiresAt, 5);
  t.is(book.byClient('mac:2')?.address, '10.0.0.2');
  await book.free('10.0.0.3', 5);
});
