/** dnsmasq, Kea and ISC dhcpd with the settings that we advise, each asked by firmware of every kind. */
import path from 'node:path';
import type { Dialect } from '../../../src/boot/advice/advise.ts';
import { advised } from '../samples.ts';
import { dnsmasq, iscDhcpd, kea, stop } from './dhcp-peers.ts';
import { connectHost, ip, leave } from './network.ts';

const [pc, site] = [await connectHost('pc'), await connectHost('site')];
await ip('link add room type bridge');
for (const name of ['pc', 'site']) await ip(`link set ${name}-room master room`);
await ip('link set room up');
await site.run('ip', 'address', 'add', '10.77.0.2/24', 'dev', 'site');

const client = path.join(import.meta.dirname, 'advised-client.ts');
const ask = async () => JSON.parse(await pc.run(process.execPath, client));
const lines = (dialect: Dialect) => advised(dialect).split('\n');
const servers = {
  dnsmasq: () =>
    dnsmasq(
      site,
      'site',
      '10.77.0.100,10.77.0.150',
      lines('dnsmasq')
        .filter((line) => line !== '' && !line.startsWith('#'))
        .map((line) => `--${line}`),
    ),
  kea: () =>
    kea(site, 'site', {
      ...JSON.parse(advised('kea')),
      subnet4: [{ id: 1, subnet: '10.77.0.0/24', pools: [{ pool: '10.77.0.100-10.77.0.150' }] }],
    }),
  isc: () =>
    iscDhcpd(
      site,
      'site',
      `ping-check off; authoritative;\n${advised('isc')}\nsubnet 10.77.0.0 netmask 255.255.255.0 { range 10.77.0.100 10.77.0.150; }\n`,
    ),
};

const seen: Record<string, unknown> = {};
for (const [name, start] of Object.entries(servers)) {
  const server = await start();
  seen[name] = await ask();
  await stop(server);
}
leave(seen);
