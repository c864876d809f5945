/** DHCP server mode against udhcpc and dhclient, on two interfaces without a default route. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import path from 'node:path';
import type { Lease } from '../../../src/boot/ports.ts';
import { clientScript, udhcpc } from './dhcp-clients.ts';
import { connectHost, folder, ip, leave, startServices } from './network.ts';

const pc = await connectHost('pc');
const other = await connectHost('pc2');
await ip('link set lo up');
await ip('address add 10.77.0.1/24 dev pc-room');
await ip('address add 10.78.0.1/24 dev pc2-room');

const holder = createSocket('udp4').bind(67);
await once(holder, 'listening');
const portTaken = await startServices([{ name: 'pc-room', dhcp: 'server' }], 60).catch((error) => ({
  code: error.code,
  message: error.message,
}));
await new Promise<void>((resolve) => holder.close(() => resolve()));

const pool = { first: '10.77.0.50', last: '10.77.0.51' };
const leaseSeconds = 10;
const { services, leases, lines } = await startServices(
  [
    { name: 'pc-room', dhcp: 'server', pool, router: '10.77.0.254', nameServers: ['10.77.0.53'] },
    { name: 'pc2-room', dhcp: 'server' },
  ],
  leaseSeconds,
);

// A broken datagram must not keep the next client from its address.
const garbage = createSocket('udp4').bind(0, '10.77.0.1');
await once(garbage, 'listening');
await pc.run('ip', 'address', 'add', '10.77.0.9/24', 'dev', 'pc');
await pc.run('sh', '-c', 'for n in 1 2 3; do printf garbage | socat -u - UDP4-SENDTO:10.77.0.1:67; done');
// A forged TFTP request from port 0, to which nothing can be sent: header (ports, length, no checksum), then the request.
const forged = '\\0\\0\\0\\105\\0\\022\\0\\0\\0\\001x\\0octet\\0';
await pc.run('sh', '-c', `printf '${forged}' | socat -u - IP4-SENDTO:10.77.0.1:17`);
const tftpAnswer = await pc
  .run('tftp', '-m', 'binary', '10.77.0.1', '-c', 'get', 'nope', path.join(folder, 'nope'))
  .catch((error) => String(error.stderr));
await pc.run('ip', 'address', 'flush', 'dev', 'pc');
garbage.close();

const first = await udhcpc(pc, 'pc');
const second = await udhcpc(other, 'pc2');

/** Resolves with the next lease that is written and meets the condition. */
const written = (condition: (lease: Lease) => boolean): Promise<Lease> =>
  new Promise((resolve) => {
    const { save } = leases;
    leases.save = async (list) => {
      await save(list);
      const found = list.find(condition);
      if (found) resolve(found);
    };
  });
const byMac = ({ clientKey }: Lease) => clientKey.startsWith('mac:');

const configure =
  'if [ -n "$new_ip_address" ]; then ip address replace $new_ip_address/24 dev $interface; fi';
const dhclientScript = await clientScript('dhclient', configure);
const files = ['-lf', path.join(folder, 'leases'), '-pf', path.join(folder, 'pid'), '-cf', '/dev/null'];
const dhclient = (...args: string[]) =>
  pc.run('dhclient', ...args, '-v', '-sf', dhclientScript.file, ...files, 'pc');
await dhclient('-1');
const third = await dhclientScript.read();
// One of the pool's two addresses is dhclient's; a stranger takes the other, the next finds none.
const stranger = await udhcpc(pc, 'pc', ['-C', '-x', '0x3d:0001aa']);
const exhausted = await udhcpc(pc, 'pc', ['-C', '-x', '0x3d:0001bb']);

// At half of its time dhclient asks again, by unicast.
const renewed = await written(byMac);
const releasing = written((lease) => byMac(lease) && lease.expiresAt <= Date.now());
await dhclient('-r');
const released = await releasing;

await services.close();
const said = (level: string, text: RegExp) =>
  lines.filter((line) => line.level === level && text.test(line.message)).length;
leave({
  portTaken,
  tftpAnswer,
  first,
  second,
  third,
  renewed: renewed.address,
  stranger,
  exhausted,
  released: released.address,
  dropped: said('warn', /dropped/),
  exhaustedLines: said('error', /no address left/),
});
