/** Several interfaces: the same subnet twice, a VLAN, an interface without DHCP, a second address, one that goes and comes back. */
import { parseSubnet } from '../../../src/boot/dhcp/subnet.ts';
import { udhcpc } from './dhcp-clients.ts';
import { connectCable, connectHost, folder, type Host, ip, leave, startServices } from './network.ts';

const [pc, pc2, pc3] = [await connectHost('pc'), await connectHost('pc2'), await connectHost('pc3')];
const command = (line: string) => line.split(' ') as [string, ...string[]];
await ip('link set lo up');
await ip('address add 10.77.0.1/24 dev pc-room');
await ip('address add 10.77.0.2/24 dev pc2-room');

/** VLAN 10 on the first cable; a cable of its own where the kernel has no VLANs (CONFIG_VLAN_8021Q). */
const vlan = await ip('link add link pc-room name tagged-room type vlan id 10').then(
  () => true,
  () => false,
);
if (vlan) {
  await pc.run(...command('ip link add link pc name tagged type vlan id 10'));
  await ip('link set tagged-room up');
  await pc.run(...command('ip link set tagged up'));
} else await connectCable('tagged', pc);
await ip('address add 10.79.0.1/24 dev tagged-room');

// The first two share a scope, as they share a network. pc3-room has no address yet: it is waited for.
const scope = (subnet: string) => ({ subnet: parseSubnet(subnet) });
const { services, lines, next } = await startServices(
  [
    { name: 'pc-room', dhcp: 'server' },
    { name: 'pc2-room', dhcp: 'server' },
    { name: 'tagged-room', dhcp: 'server' },
    { name: 'pc3-room', dhcp: 'off' },
  ],
  600,
  { scopes: [scope('10.77.0.0/24'), scope('10.79.0.0/24')] },
);

/** What a host with this address is answered by HTTP and TFTP at an address of ours. */
const fetchFrom = async (host: Host, at: string) => ({
  http: await host.run('curl', '-sS', '-m', '5', `http://${at}:8080/`).catch(String),
  tftp: await host
    .run('tftp', '-m', 'binary', at, '-c', 'get', 'nope', `${folder}/nope`)
    .catch((error) => String(error.stderr)),
});
const configure =
  'if [ "$1" = bound ]; then ip address flush dev $interface; ip address add $ip/24 dev $interface; fi';
const lease = (host: Host, face: string) => udhcpc(host, face, [], configure);

const first = await lease(pc, 'pc');
const second = await lease(pc2, 'pc2');
const tagged = await lease(pc, 'tagged');
const fetched = [
  await fetchFrom(pc, '10.77.0.1'),
  await fetchFrom(pc2, '10.77.0.2'),
  await fetchFrom(pc, '10.79.0.1'),
];

const served = next(/is served/, { interface: 'pc3-room' });
await ip('address add 10.81.0.1/24 dev pc3-room');
await served;
await pc3.run('ip', 'address', 'add', '10.81.0.9/24', 'dev', 'pc3');
const withoutDhcp = { lease: await udhcpc(pc3, 'pc3'), ...(await fetchFrom(pc3, '10.81.0.1')) };

const secondAddress = next(/is served/, { interface: 'pc-room' });
await ip('address add 10.80.0.1/24 dev pc-room');
await secondAddress;
await pc.run('ip', 'address', 'add', '10.80.0.9/24', 'dev', 'pc');
const atSecondAddress = await fetchFrom(pc, '10.80.0.1');

const off = next(/switched off/, { interface: 'pc2-room' });
await ip('link set pc2-room down');
await off;
const on = next(/is served/, { interface: 'pc2-room' });
await ip('link set pc2-room up');
await on;
const afterSwitching = await lease(pc2, 'pc2');

const gone = next(/is gone/, { interface: 'pc2-room' });
await ip('link delete pc2-room');
await gone;
const stillServed = await lease(pc, 'tagged');
const back = next(/is served/, { interface: 'pc2-room' });
await connectCable('pc2', pc2);
await ip('address add 10.77.0.2/24 dev pc2-room');
await back;
const afterReturn = { lease: await lease(pc2, 'pc2'), ...(await fetchFrom(pc2, '10.77.0.2')) };

await services.close();
leave({
  first,
  second,
  tagged,
  fetched,
  withoutDhcp,
  atSecondAddress,
  afterSwitching,
  stillServed,
  afterReturn,
  errors: lines.filter(({ level }) => level === 'error').map(({ message }) => message),
  waited: lines.filter(({ message }) => /has no IPv4 address/.test(message)).map(({ fields }) => fields),
});
