/** Other DHCP servers on the wire: dnsmasq in our network, Kea and ISC dhcpd with networks of their own, as routers have. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseSubnet } from '../../../src/boot/dhcp/subnet.ts';
import { udhcpc } from './dhcp-clients.ts';
import { dnsmasq, iscDhcpd, kea, stop } from './dhcp-peers.ts';
import { connectHost, folder, ip, leave, startServices } from './network.ts';

const [pc, one, two, three] = [
  await connectHost('pc'),
  await connectHost('one'),
  await connectHost('two'),
  await connectHost('three'),
];
await ip('link set lo up');
await ip('link add room type bridge');
for (const name of ['pc', 'one', 'two', 'three']) await ip(`link set ${name}-room master room`);
await ip('address add 10.77.0.1/24 dev room');
await ip('link set room up');
await one.run('ip', 'address', 'add', '10.77.0.2/24', 'dev', 'one');
await two.run('ip', 'address', 'add', '192.168.1.1/24', 'dev', 'two');
await three.run('ip', 'address', 'add', '192.168.3.1/24', 'dev', 'three');

// Patient: one that is slow to answer counts as gone, and is warned of again.
const probeTimes = { everyMs: 200, answerMs: 1000 };
const dnsmasqRange = '10.77.0.100,10.77.0.110';

const server = await startServices([{ name: 'room', dhcp: 'server' }], 60, {}, { probeTimes });
const found = async (address: string, start: () => Promise<unknown>) => {
  const line = server.next(/another DHCP server answers/, { server: address });
  const child = await start();
  return { child: child as Parameters<typeof stop>[0], line: await line };
};
const inOurNetwork = await found('10.77.0.2', () => dnsmasq(one, 'one', dnsmasqRange));
const withOther = await found('192.168.1.1', () =>
  kea(two, 'two', {
    subnet4: [{ id: 1, subnet: '192.168.1.0/24', pools: [{ pool: '192.168.1.50-192.168.1.99' }] }],
  }),
);
const isc = await found('192.168.3.1', () =>
  iscDhcpd(
    three,
    'three',
    'ping-check off; authoritative; subnet 192.168.3.0 netmask 255.255.255.0 { range 192.168.3.9 192.168.3.19; }',
  ),
);
const status = server.services.interfaces();
const gone = server.next(/is gone/, { server: '192.168.3.1' });
await stop(isc.child);
await gone;
await stop(withOther.child);
await server.services.close();
const warnings = server.lines.filter(({ level }) => level === 'warn').length;
const leased = await readFile(path.join(folder, 'one-dnsmasq.leases'), 'utf8').catch(() => '');

// It is started after our only probe, and we have no address to give: a PC that takes its offer gives it away.
await stop(inOurNetwork.child);
const deaf = await startServices(
  [{ name: 'room', dhcp: 'server' }],
  60,
  { scopes: [{ subnet: parseSubnet('10.99.0.0/24') }] },
  { probeTimes: { everyMs: 3_600_000, answerMs: 0 } },
);
const later = await dnsmasq(one, 'one', dnsmasqRange);
const overheard = deaf.next(/another DHCP server answers/);
await udhcpc(pc, 'pc');
const named = await overheard;
await deaf.services.close();

const proxy = await startServices([{ name: 'room', dhcp: 'proxy' }], 60, {}, { probeTimes });
const none = proxy.next(/no DHCP server answers/);
await stop(later);
await none;
const single = proxy.next(/one DHCP server gives/);
const again = await dnsmasq(one, 'one', dnsmasqRange);
await single;
const several = proxy.next(/several DHCP servers/);
await iscDhcpd(
  three,
  'three',
  'ping-check off; authoritative; subnet 192.168.3.0 netmask 255.255.255.0 { range 192.168.3.9 192.168.3.19; }',
);
const severalLine = await several;
await proxy.services.close();
await stop(again);

leave({
  found: [inOurNetwork, withOther, isc].map(({ line }) => line.fields),
  status,
  warnings,
  leased,
  ours: server.leases.leases.size,
  named: named.fields,
  several: severalLine.message,
});
