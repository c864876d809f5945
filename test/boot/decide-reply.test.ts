import test from 'ava';
import fc from 'fast-check';
import { decideReply } from '../../src/boot/dhcp/decide-reply.ts';
import type { LeaseBook } from '../../src/boot/dhcp/lease-book.ts';
import { reservationOf } from '../../src/boot/dhcp/reservation.ts';
import { isInSubnet } from '../../src/boot/dhcp/subnet.ts';
import type { MessageType } from '../../src/wire/dhcp/message-type.ts';
import { options, writeOption } from '../../src/wire/dhcp/options.ts';
import { emptyBook, pxe, requestOf, type Sent, scope, scopeWith, site } from './samples.ts';

const now = 1_000_000;
const other = '52:54:00:00:00:02';
const server = site.serverAddress;

const decide = (type: MessageType, sent: Sent, book: LeaseBook, at = now) => {
  const request = requestOf(type, sent);
  const { clientKey, mac } = request;
  const reservation = reservationOf(request, book.scope.reservations);
  return decideReply(request, {
    scope: book.scope,
    leases: book,
    client: { clientKey, mac, reservation },
    isOurs: (identifier) => identifier === server,
    now: at,
  });
};

const lease = (book: LeaseBook, address: string, mac = '52:54:00:00:00:01', expiresAt = now + 1000) =>
  book.keep({ address, mac, clientKey: `mac:${mac}`, state: 'leased', expiresAt });

test('a new client is offered an address of the pool, the same each time it asks', async (t) => {
  const book = emptyBook();
  const plan = decide('DHCPDISCOVER', {}, book);
  t.is(plan.kind, 'offer');
  t.deepEqual(decide('DHCPDISCOVER', {}, book), plan);
  if (plan.kind === 'offer') t.regex(plan.address, /^10\.0\.0\.10[0-3]$/);
});

test('a client is offered what it has, what it had, or what it asks for', async (t) => {
  const book = emptyBook();
  t.deepEqual(decide('DHCPDISCOVER', { requested: '10.0.0.102' }, book), {
    kind: 'offer',
    address: '10.0.0.102',
  });
  await lease(book, '10.0.0.101');
  const had = { kind: 'offer', address: '10.0.0.101' } as const;
  t.deepEqual(decide('DHCPDISCOVER', { requested: '10.0.0.102' }, book), had);
  t.deepEqual(decide('DHCPDISCOVER', {}, book, now + 5000), had);
});

test('an address that is another’s, outside of the pool or our own is not offered on request', async (t) => {
  const book = emptyBook();
  await lease(book, '10.0.0.101', other);
  for (const requested of ['10.0.0.101', '10.0.0.50', '10.0.0.1', '192.168.0.9']) {
    const plan = decide('DHCPDISCOVER', { requested }, book);
    t.is(plan.kind, 'offer');
    if (plan.kind === 'offer') t.not(plan.address, requested);
  }
});

test('an exhausted pool says so; addresses whose lease is over come again, never used ones first', async (t) => {
  const book = emptyBook();
  for (const [index, last] of [0, 1, 2, 3].entries())
    await lease(book, `10.0.0.${100 + last}`, `52:54:00:00:01:0${index}`, last === 2 ? now + 10 : now + 1000);
  t.deepEqual(decide('DHCPDISCOVER', {}, book), { kind: 'exhausted' });
  t.deepEqual(decide('DHCPDISCOVER', {}, book, now + 11), { kind: 'offer', address: '10.0.0.102' });
});

test('SELECTING: our offer is granted, also after a restart forgot it', async (t) => {
  const book = emptyBook();
  const sent = { requested: '10.0.0.100', server };
  t.deepEqual(decide('DHCPREQUEST', sent, book), { kind: 'ack', address: '10.0.0.100' });
  await lease(book, '10.0.0.100', other);
  t.is(decide('DHCPREQUEST', sent, book).kind, 'nak');
});

test('SELECTING: another server’s offer frees ours, and only an offer', async (t) => {
  const book = emptyBook();
  const offer = {
    address: '10.0.0.100',
    mac: 'm',
    clientKey: 'mac:52:54:00:00:00:01',
    hostName: undefined,
    expiresAt: now + 60,
  };
  book.offer(offer, now);
  const sent = { requested: '10.0.0.77', server: '10.0.0.2' };
  t.deepEqual(decide('DHCPREQUEST', sent, book), { kind: 'free', address: '10.0.0.100' });
  await lease(book, '10.0.0.100');
  t.is(decide('DHCPREQUEST', sent, book).kind, 'ignore');
});

test('INIT-REBOOT: known is confirmed, wrong is refused, unknown is another server’s affair', async (t) => {
  const book = emptyBook();
  t.is(decide('DHCPREQUEST', { requested: '10.0.0.100' }, book).kind, 'ignore');
  t.is(decide('DHCPREQUEST', { requested: '192.168.7.7' }, book).kind, 'nak');
  await lease(book, '10.0.0.100');
  t.is(decide('DHCPREQUEST', { requested: '10.0.0.100' }, book).kind, 'ack');
  t.is(decide('DHCPREQUEST', { requested: '10.0.0.101' }, book).kind, 'nak');
  t.is(decide('DHCPREQUEST', { requested: '10.0.0.100', mac: other }, book).kind, 'nak');
});

test('RENEWING: one’s own or a free address of the pool is granted, another’s is refused', async (t) => {
  const book = emptyBook();
  t.is(decide('DHCPREQUEST', { ciaddr: '10.0.0.100' }, book).kind, 'ack');
  await lease(book, '10.0.0.100');
  t.is(decide('DHCPREQUEST', { ciaddr: '10.0.0.100' }, book).kind, 'ack');
  t.is(decide('DHCPREQUEST', { ciaddr: '10.0.0.100', mac: other }, book).kind, 'nak');
  t.is(decide('DHCPREQUEST', { ciaddr: '10.0.0.9', mac: other }, book).kind, 'ignore');
});

test('DECLINE and RELEASE count only from the client that holds the address, and for this server', async (t) => {
  const book = emptyBook();
  await lease(book, '10.0.0.100');
  t.deepEqual(decide('DHCPDECLINE', { requested: '10.0.0.100', server }, book), {
    kind: 'decline',
    address: '10.0.0.100',
  });
  t.deepEqual(decide('DHCPRELEASE', { ciaddr: '10.0.0.100', server }, book), {
    kind: 'free',
    address: '10.0.0.100',
  });
  for (const sent of [{ mac: other, server }, { server: '10.0.0.2' }]) {
    t.is(decide('DHCPDECLINE', { ...sent, requested: '10.0.0.100' }, book).kind, 'ignore');
    t.is(decide('DHCPRELEASE', { ...sent, ciaddr: '10.0.0.100' }, book).kind, 'ignore');
  }
});

test('a declined address is given to nobody until its time is over, not even to its client', async (t) => {
  const book = emptyBook();
  await book.keep({
    address: '10.0.0.100',
    mac: 'm',
    clientKey: 'mac:52:54:00:00:00:01',
    state: 'declined',
    expiresAt: now + 1000,
  });
  const plan = decide('DHCPDISCOVER', { requested: '10.0.0.100' }, book);
  if (plan.kind === 'offer') t.not(plan.address, '10.0.0.100');
  t.is(decide('DHCPREQUEST', { requested: '10.0.0.100', server }, book).kind, 'nak');
  t.is(decide('DHCPREQUEST', { requested: '10.0.0.100', server }, book, now + 1001).kind, 'ack');
});

test('INFORM gets options; servers’ messages get nothing', async (t) => {
  const book = emptyBook();
  t.is(decide('DHCPINFORM', { ciaddr: '10.0.0.9' }, book).kind, 'inform');
  t.is(decide('DHCPOFFER', {}, book).kind, 'ignore');
});

const reserving = () =>
  emptyBook(
    scopeWith({
      reservations: [
        { mac: other, address: '10.0.0.50' },
        { uuid: '4c4c4544-0042-3510-8052-b4c04f4d4831', address: '10.0.0.100' },
      ],
    }),
  );

test('a reserved address is its host’s, in the pool or not, and nobody else’s', async (t) => {
  const book = reserving();
  t.deepEqual(decide('DHCPDISCOVER', { mac: other }, book), { kind: 'offer', address: '10.0.0.50' });
  t.is(decide('DHCPREQUEST', { mac: other, requested: '10.0.0.50', server }, book).kind, 'ack');
  // INIT-REBOOT of a host whose lease was lost: the reservation is known.
  t.is(decide('DHCPREQUEST', { mac: other, requested: '10.0.0.50' }, book).kind, 'ack');
  for (const requested of ['10.0.0.50', '10.0.0.100']) {
    const plan = decide('DHCPDISCOVER', { requested }, book);
    t.is(plan.kind, 'offer');
    if (plan.kind === 'offer') t.not(plan.address, requested);
    t.is(decide('DHCPREQUEST', { requested, server }, book).kind, 'nak');
    t.is(decide('DHCPREQUEST', { requested }, book).kind, 'nak');
    t.is(decide('DHCPREQUEST', { ciaddr: requested }, book).kind, 'nak');
  }
});

test('a host that has another address comes to its reserved one', async (t) => {
  const book = reserving();
  await lease(book, '10.0.0.101', other);
  t.deepEqual(decide('DHCPDISCOVER', { mac: other }, book), { kind: 'offer', address: '10.0.0.50' });
});

test('a reserved address goes with the card: its other identifiers have it too, another card with the same UUID not', async (t) => {
  const book = reserving();
  await lease(book, '10.0.0.50', other);
  const identifier = writeOption(options.clientIdentifier, Buffer.from('ff0011', 'hex'));
  t.deepEqual(decide('DHCPDISCOVER', { mac: other, more: [identifier] }, book), {
    kind: 'offer',
    address: '10.0.0.50',
  });
  await lease(book, '10.0.0.100');
  const second = decide('DHCPDISCOVER', { mac: '52:54:00:00:00:03', more: pxe(7) }, book);
  t.is(second.kind, 'offer');
  if (second.kind === 'offer') t.not(second.address, '10.0.0.100');
  t.deepEqual(decide('DHCPDISCOVER', { more: pxe(7) }, book), { kind: 'offer', address: '10.0.0.100' });
});

test('a client identifier that is the MAC again makes no second client', (t) => {
  const own = writeOption(options.clientIdentifier, Buffer.from('01525400000001', 'hex'));
  const foreign = writeOption(options.clientIdentifier, Buffer.from('ff0011', 'hex'));
  t.is(requestOf('DHCPDISCOVER', { more: [own] }).clientKey, 'mac:52:54:00:00:00:01');
  t.is(requestOf('DHCPDISCOVER', { more: [foreign] }).clientKey, 'ff0011');
});

test('no lease keeps more of a client than one option can hold', (t) => {
  const long = (code: number): [number, Buffer] => [code, Buffer.alloc(256, 'x')];
  t.throws(() => requestOf('DHCPDISCOVER', { more: [long(61)] }), {
    code: 'BAD_REQUEST',
    message: /256 bytes/,
  });
  t.is(requestOf('DHCPDISCOVER', { more: [long(12)] }).hostName, undefined);
});

/** What a client may send next, with any address of a pool of four. */
const step = fc.record({
  type: fc.constantFrom('DHCPDISCOVER', 'DHCPREQUEST', 'DHCPDECLINE', 'DHCPRELEASE'),
  client: fc.nat(6),
  last: fc.nat(4),
  asks: fc.constantFrom('requested', 'selecting', 'ciaddr'),
  seconds: fc.nat(2000),
});

test('whatever clients send, no address has two holders', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const book = emptyBook();
      const holders = new Map<string, { client: number; until: number }>();
      let at = now;
      for (const { type, client, last, asks, seconds } of steps) {
        at += 1000 * seconds;
        const address = `10.0.0.${100 + last}`;
        const mac = `52:54:00:00:02:0${client}`;
        const sent: Sent = { mac, ...(asks === 'ciaddr' ? { ciaddr: address } : { requested: address }) };
        if (asks === 'selecting') sent.server = server;
        const plan = decide(type as 'DHCPREQUEST', sent, book, at);
        if (plan.kind === 'offer')
          book.offer(
            {
              address: plan.address,
              mac,
              clientKey: `mac:${mac}`,
              hostName: undefined,
              expiresAt: at + 60_000,
            },
            at,
          );
        if (plan.kind === 'free') {
          await book.free(plan.address, at);
          if (type === 'DHCPRELEASE') holders.delete(plan.address);
        }
        if (plan.kind === 'decline') {
          await book.keep({
            address: plan.address,
            mac,
            clientKey: `mac:${mac}`,
            state: 'declined',
            expiresAt: at + 3_600_000,
          });
          holders.delete(plan.address);
        }
        if (plan.kind === 'offer' || plan.kind === 'ack') {
          t.true(isInSubnet(plan.address, scope.subnet));
          const holder = holders.get(plan.address);
          t.false(holder !== undefined && holder.client !== client && holder.until > at);
        }
        if (plan.kind === 'ack') {
          await lease(book, plan.address, mac, at + 3_600_000);
          holders.set(plan.address, { client, until: at + 3_600_000 });
        }
      }
    }),
    { numRuns: 300 },
  );
});
