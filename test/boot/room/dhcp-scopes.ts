/** A scope with a reservation, a class and a look at addresses before they are offered, to udhcpc. */
import { dhcpSchema } from '../../../src/boot/dhcp/scope-schema.ts';
import { udhcpc } from './dhcp-clients.ts';
import { connectHost, ip, leave, startServices } from './network.ts';

const pc = await connectHost('pc');
await ip('link set lo up');
await ip('address add 10.77.0.1/24 dev pc-room');

const reservedMac = '52:54:00:77:00:01';
/** A second card of the host, with an address of its own choice: in the pool, and known to no server. */
await pc.run('ip', 'address', 'add', '10.77.0.50/24', 'dev', 'pc');
for (const [name, mac] of [
  ['card', '52:54:00:77:00:09'],
  ['reserved', reservedMac],
] as const) {
  await pc.run('ip', 'link', 'add', name, 'address', mac, 'link', 'pc', 'type', 'macvlan', 'mode', 'bridge');
  await pc.run('ip', 'link', 'set', name, 'up');
}

const dhcp = dhcpSchema.parse({
  leaseSeconds: 600,
  probeMilliseconds: 500,
  options: { domainName: 'example.edu' },
  classes: [{ match: { vendorClass: 'kiosk' }, options: { domainName: 'kiosk.example.edu' } }],
  scopes: [
    {
      subnet: '10.77.0.0/24',
      pools: [{ first: '10.77.0.50', last: '10.77.0.51' }],
      router: '10.77.0.254',
      reservations: [{ mac: reservedMac, address: '10.77.0.7', hostName: 'lab-07' }],
    },
  ],
});
const { services, leases, lines } = await startServices([{ name: 'pc-room', dhcp: 'server' }], 600, dhcp);

const found = await udhcpc(pc, 'card', ['-C', '-r', '10.77.0.50', '-V', 'kiosk-7', '-t', '8']);
const reserved = await udhcpc(pc, 'reserved', ['-r', '10.77.0.51', '-O', 'hostname']);

await services.close();
leave({
  found,
  reserved,
  declined: leases.leases.get('10.77.0.50')?.state,
  used: lines
    .filter(({ message }) => /used by somebody/.test(message))
    .map(({ fields }) => fields['address']),
});
