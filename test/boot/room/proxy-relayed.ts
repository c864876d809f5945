/** A PC behind a relay that hands its broadcasts to two servers: Kea, which gives addresses, and ourselves as ProxyDHCP. */
import path from 'node:path';
import { kea, relay } from './dhcp-peers.ts';
import { connectHost, ip, leave, startServices } from './network.ts';

const [pc, site, router] = [await connectHost('pc'), await connectHost('site'), await connectHost('router')];
await ip('link set lo up');
await ip('link add room type bridge');
for (const name of ['site', 'router']) await ip(`link set ${name}-room master room`);
await ip('address add 10.77.0.1/24 dev room');
await ip('link set room up');
await ip('route add 10.88.0.0/24 via 10.77.0.3');
await site.run('ip', 'address', 'add', '10.77.0.2/24', 'dev', 'site');
await site.run('ip', 'route', 'add', '10.88.0.0/24', 'via', '10.77.0.3');
// The other end of the PC's cable goes to the router.
await ip(`link set pc-room netns ${router.pid}`);
await router.run('ip', 'link', 'set', 'pc-room', 'up');
await router.run('ip', 'address', 'add', '10.88.0.1/24', 'dev', 'pc-room');
await router.run('ip', 'address', 'add', '10.77.0.3/24', 'dev', 'router');
await router.run('sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward');

await kea(site, 'site', {
  subnet4: [{ id: 1, subnet: '10.88.0.0/24', pools: [{ pool: '10.88.0.100-10.88.0.110' }] }],
});
await relay(router, 'pc-room', 'router', ['10.77.0.1', '10.77.0.2']);
const { services, leases, lines } = await startServices([{ name: 'room', dhcp: 'proxy' }], 60);
const client = path.join(import.meta.dirname, 'pxe-client.ts');
const seen = JSON.parse(await pc.run(process.execPath, client, '10.88.0.1'));
await services.close();
leave({
  ...seen,
  leases: leases.leases.size,
  faults: lines.filter(({ level }) => level === 'error').map(({ message }) => message),
});
