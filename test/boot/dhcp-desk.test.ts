import test from 'ava';
import { createDhcpDesk } from '../../src/boot/dhcp/dhcp-desk.ts';
import { LeaseLedger } from '../../src/boot/dhcp/lease-ledger.ts';
import { silentLog } from '../../src/core/log.ts';
import type { Line } from './room/readable-log.ts';
import { readableLog } from './room/readable-log.ts';
import { memoryLeases, requestOf, scopeWith, site } from './samples.ts';

const start = async (more: Partial<Parameters<typeof createDhcpDesk>[0]> = {}) => {
  const store = memoryLeases();
  const ledger = await LeaseLedger.open(store, () => 1000);
  const scopes = [scopeWith(), scopeWith({ subnet: '10.20.0.0/24', pools: [], router: '10.20.0.1' })];
  const desk = createDhcpDesk({
    scopes,
    ownAddresses: ['10.0.0.1'],
    ledger,
    clock: () => 1000,
    log: silentLog,
    ...more,
  });
  return { desk, store };
};

test('a lease is in the store when the answer is there', async (t) => {
  const { desk, store } = await start();
  const request = requestOf('DHCPREQUEST', { requested: '10.0.0.100', server: '10.0.0.1' });
  const { reply } = await desk.answer(request, site);
  t.is(reply?.packet.yiaddr, '10.0.0.100');
  t.like(store.leases.get('10.0.0.100'), { state: 'leased', mac: request.mac, expiresAt: 3_601_000 });
});

test('an exhausted scope says so once and names itself; the others go on', async (t) => {
  const { log, lines } = readableLog();
  const { desk } = await start({ log });
  const answer = (mac: string, giaddr = '10.20.0.1') =>
    desk.answer(requestOf('DHCPDISCOVER', { mac, giaddr }), site);
  for (const last of [1, 2, 3]) t.is((await answer(`52:54:00:00:00:0${last}`)).plan.kind, 'exhausted');
  t.is((await answer('52:54:00:00:00:04', '10.0.0.7')).plan.kind, 'offer');
  t.deepEqual(
    lines.map(({ level, fields }: Line) => [level, fields['scope']]),
    [['error', '10.20.0.0/24']],
  );
});

test('an offer to a client with a reservation does not mean that there are addresses again', async (t) => {
  const { log, lines } = readableLog();
  const reserved = '52:54:00:00:00:09';
  const scope = scopeWith({
    subnet: '10.20.0.0/24',
    pools: [],
    router: '10.20.0.1',
    reservations: [{ mac: reserved, address: '10.20.0.9' }],
  });
  const { desk } = await start({ log, scopes: [scope] });
  const kindFor = async (mac: string) =>
    (await desk.answer(requestOf('DHCPDISCOVER', { mac, giaddr: '10.20.0.1' }), site)).plan.kind;
  const stranger = '52:54:00:00:00:01';
  t.deepEqual(
    [await kindFor(stranger), await kindFor(reserved), await kindFor(stranger)],
    ['exhausted', 'offer', 'exhausted'],
  );
  t.is(lines.length, 1);
});

test('a network without a scope gets no answer, with the reason', async (t) => {
  const { desk } = await start();
  const { plan, reply } = await desk.answer(requestOf('DHCPDISCOVER', { giaddr: '10.99.0.1' }), site);
  t.deepEqual(plan, { kind: 'ignore', reason: 'no scope for the network of the relay 10.99.0.1' });
  t.is(reply, undefined);
});

test('a used address is put aside and another offered; the client’s own use is none', async (t) => {
  const asked: string[] = [];
  const probe = async (address: string) => {
    asked.push(address);
    return asked.length === 1 ? '52:54:00:00:00:99' : '52:54:00:00:00:01';
  };
  const { desk, store } = await start({ probe });
  const { plan } = await desk.answer(requestOf('DHCPDISCOVER'), site);
  t.is(asked.length, 2);
  t.deepEqual(plan, { kind: 'offer', address: asked[1] ?? '' });
  t.like(store.leases.get(asked[0] ?? ''), { state: 'declined', mac: '52:54:00:00:00:99' });
  // What it was promised is not looked at again.
  t.deepEqual((await desk.answer(requestOf('DHCPDISCOVER'), site)).plan, plan);
  t.is(asked.length, 2);
});

test('while an address is looked at, its client waits and all others are answered', async (t) => {
  let end: (user: undefined) => void = () => {};
  const probe = (address: string) =>
    address === '10.0.0.102'
      ? new Promise<undefined>((resolve) => {
          end = resolve;
        })
      : Promise.resolve(undefined);
  const { desk } = await start({ probe });
  const discover = requestOf('DHCPDISCOVER', { requested: '10.0.0.102' });
  const first = desk.answer(discover, site);
  t.is((await desk.answer(discover, site)).plan.kind, 'ignore');
  const other = requestOf('DHCPDISCOVER', { mac: '52:54:00:00:00:02', requested: '10.0.0.102' });
  const { plan } = await desk.answer(other, site);
  t.is(plan.kind, 'offer');
  if (plan.kind === 'offer') t.not(plan.address, '10.0.0.102');
  end(undefined);
  t.deepEqual((await first).plan, { kind: 'offer', address: '10.0.0.102' });
});

test('a client whose addresses are all used gets none, and the search ends', async (t) => {
  let asked = 0;
  const { desk } = await start({ probe: async () => `52:54:00:00:01:0${asked++}` });
  t.is((await desk.answer(requestOf('DHCPDISCOVER'), site)).plan.kind, 'ignore');
  t.is(asked, 3);
});
