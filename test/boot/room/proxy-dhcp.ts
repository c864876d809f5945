/** ProxyDHCP beside dnsmasq, which gives the addresses. */
import path from 'node:path';
import { diagnose } from '../../../src/boot/journal/diagnose.ts';
import { openBootJournal } from '../../../src/boot/journal/journal.ts';
import { silentLog } from '../../../src/core/log.ts';
import { parseMac } from '../../../src/core/mac.ts';
import { memoryBoots } from '../journal/samples.ts';
import { dnsmasq } from './dhcp-peers.ts';
import { connectHost, ip, leave, startServices } from './network.ts';

const [pc, site] = [await connectHost('pc'), await connectHost('site')];
await ip('link add room type bridge');
await ip('link set pc-room master room');
await ip('link set site-room master room');
await ip('address add 10.77.0.1/24 dev room');
await ip('link set room up');
await site.run('ip', 'address', 'add', '10.77.0.2/24', 'dev', 'site');

await dnsmasq(site, 'site', '10.77.0.100,10.77.0.110');
const journal = await openBootJournal({ store: memoryBoots(), clock: Date.now, log: silentLog });
const { services, leases, lines } = await startServices(
  [{ name: 'room', dhcp: 'proxy' }],
  60,
  {},
  { journal },
);
const client = path.join(import.meta.dirname, 'pxe-client.ts');
const seen = JSON.parse(await pc.run(process.execPath, client));
await services.close();
const boot = await journal.latest([parseMac('52:54:00:00:00:07')]);
const steps = boot?.steps ?? [];
leave({
  ...seen,
  journal: steps.map(({ kind, stage, server, address }) => ({ kind, stage, server, address })),
  // As if the PC had never come to port 4011, and as it was; half a minute later.
  unheeded: diagnose(steps.slice(0, 3), Date.now() + 30_000).code,
  blocked: diagnose(steps, Date.now() + 30_000).code,
  leases: leases.leases.size,
  warnings: lines.filter(({ level }) => level === 'warn').map(({ message }) => message),
});
