import test from 'ava';
import fc from 'fast-check';
import type { Arrival } from '../../src/boot/dhcp/listen.ts';
import { createProxyDhcp } from '../../src/boot/dhcp/proxy.ts';
import { requestFrom } from '../../src/boot/dhcp/request.ts';
import { noJournal } from '../../src/boot/journal/ports.ts';
import { silentLog } from '../../src/core/log.ts';
import { messageTypeKind } from '../../src/wire/dhcp/message-type.ts';
import { options, pxeOptions, readOption, writeOption } from '../../src/wire/dhcp/options.ts';
import { decodePacket, encodePacket } from '../../src/wire/dhcp/packet.ts';
import { enterRoom } from './room/enter.ts';
import { httpClient, ipxe, pxe, requestBytes, requestOf, site } from './samples.ts';

const proxy = createProxyDhcp({
  interfaceName: 'eth1',
  siteAt: (address) => ({ ...site, serverAddress: address ?? '10.0.0.1' }),
  bootServerPort: 4011,
  journal: noJournal,
  log: silentLog,
});
const arrival = (more: Partial<Arrival> = {}): Arrival => ({
  source: { address: '0.0.0.0', port: 68 },
  port: 67,
  address: undefined,
  ...more,
});

const clients = [[], pxe(0), pxe(6), pxe(7), pxe(9), pxe(11), pxe(99), ipxe(0), ipxe(7), httpClient(16)];
const someAddress = fc.constantFrom('0.0.0.0', '10.0.0.9', '10.0.0.1', '192.168.7.7');

/** Anything that a client may send, well-formed or with bytes turned over. */
const anything = fc.record({
  type: fc.constantFrom(...([1, 2, 3, 4, 5, 6, 7, 8] as const)),
  more: fc.constantFrom(...clients),
  ciaddr: someAddress,
  giaddr: someAddress,
  broadcast: fc.boolean(),
  requested: someAddress,
  server: someAddress,
  flips: fc.array(fc.record({ at: fc.nat(400), to: fc.nat(255) }), { maxLength: 4 }),
  port: fc.constantFrom(67, 4011),
  address: fc.constantFrom(undefined, '10.0.0.1', '10.1.0.1'),
  source: fc.record({ address: someAddress, port: fc.constantFrom(68, 67, 4011, 1024) }),
});

test('whatever comes in, a proxy offers no address', async (t) => {
  let answered = 0;
  await fc.assert(
    fc.asyncProperty(anything, async ({ type, flips, port, address, source, ...sent }) => {
      const bytes = requestBytes(messageTypeKind.decode(Buffer.from([type])), sent);
      for (const { at, to } of flips) if (at < bytes.length) bytes[at] = to;
      const read = () => requestFrom(decodePacket(bytes));
      let request: ReturnType<typeof read>;
      try {
        request = read();
      } catch {
        return;
      }
      const reply = await proxy(request, arrival({ port, address, source }));
      if (!reply) return;
      answered++;
      const packet = decodePacket(encodePacket(reply.packet));
      t.is(packet.yiaddr, '0.0.0.0');
      for (const given of [options.leaseSeconds, options.subnetMask, options.routers])
        t.false(packet.options.has(given.code));
      t.true(['DHCPOFFER', 'DHCPACK'].includes(readOption(packet, options.messageType) ?? ''));
      t.is(reply.from, address ?? '10.0.0.1');
    }),
    { numRuns: 3000 },
  );
  t.true(answered > 100, `${answered} were answered`);
});

test('a relay is answered at its own address, port 4011 at the asking port', async (t) => {
  const relayed = await proxy(
    requestOf('DHCPDISCOVER', { more: pxe(7), giaddr: '10.5.0.1' }),
    arrival({ address: '10.0.0.1' }),
  );
  t.deepEqual(relayed?.to, { address: '10.5.0.1', port: 67 });
  t.is(relayed?.packet.giaddr, '10.5.0.1');
  const source = { address: '10.0.0.9', port: 1068 };
  const asked = await proxy(
    requestOf('DHCPREQUEST', { more: pxe(7), ciaddr: '10.0.0.9' }),
    arrival({ port: 4011, source }),
  );
  t.deepEqual(asked?.to, source);
});

test('ordinary messages between PCs and the other server are overheard in silence', async (t) => {
  for (const type of ['DHCPREQUEST', 'DHCPRELEASE', 'DHCPDECLINE', 'DHCPINFORM'] as const)
    t.is(
      await proxy(requestOf(type, { more: pxe(0), server: '10.0.0.2', requested: '10.0.0.9' }), arrival()),
      undefined,
    );
  t.is(await proxy(requestOf('DHCPDISCOVER'), arrival()), undefined);
});

test('firmware is sent straight on; BIOS ROMs that insist on a menu have one entry', async (t) => {
  const vendor = async (more: [number, Buffer][]) => {
    const reply = await proxy(requestOf('DHCPDISCOVER', { more }), arrival());
    return reply && readOption(decodePacket(encodePacket(reply.packet)), options.vendorInformation);
  };
  const bios = (await vendor(pxe(0))) ?? new Map<number, Buffer>();
  t.deepEqual([...bios.keys()], [6, 8, 9, 10]);
  t.is(readOption({ options: bios }, pxeOptions.discoveryControl), 8);
  t.deepEqual(readOption({ options: bios }, pxeOptions.bootServers), [
    { type: 0x8000, addresses: ['10.0.0.1'] },
  ]);
  t.deepEqual(readOption({ options: bios }, pxeOptions.bootMenu), [{ type: 0x8000, text: 'Greif' }]);
  t.deepEqual(readOption({ options: bios }, pxeOptions.menuPrompt), { seconds: 0, text: 'Greif' });
  for (const more of [pxe(7), ipxe(0)])
    t.deepEqual(
      [...((await vendor(more)) ?? [])].map(([code]) => code),
      [6],
    );
  t.is(await vendor(httpClient(16)), undefined);
});

test('the entry of the menu that a client asks port 4011 for comes back', async (t) => {
  const item = Buffer.from([0x80, 0, 0, 0]);
  const chosen = writeOption(options.vendorInformation, new Map([[pxeOptions.bootItem.code, item]]));
  const reply = await proxy(
    requestOf('DHCPREQUEST', { ciaddr: '10.0.0.9', more: [...pxe(0), chosen] }),
    arrival({ port: 4011, source: { address: '10.0.0.9', port: 4011 } }),
  );
  const said = reply && readOption(reply.packet, options.vendorInformation);
  t.deepEqual(said?.get(pxeOptions.bootItem.code), item);
  t.is(reply?.packet.file, 'loaders/undionly.kpxe');
});

test('behind a relay to two servers: the address is Kea’s, the boot file ours, on port 4011 too', async (t) => {
  const seen = (await enterRoom(t, 'proxy-relayed.ts')) as Record<string, unknown>;
  const address = String(seen['address']);
  t.regex(address, /^10\.88\.0\.1(0\d|10)$/);
  const ours = { server: '10.77.0.1', yiaddr: '0.0.0.0', siaddr: '10.77.0.1' };
  t.like(seen, {
    offers: [
      { type: 'DHCPOFFER', ...ours, file: 'loaders/undionly.kpxe' },
      { type: 'DHCPOFFER', server: '10.77.0.2', yiaddr: address },
    ],
    ack: { type: 'DHCPACK', server: '10.77.0.2', yiaddr: address },
    plain: { server: '10.77.0.2' },
    binl: { type: 'DHCPACK', ...ours },
    leases: 0,
    faults: [],
  });
});
