/** Firmware of several kinds, and iPXE, each as a client of its own: what the DHCP server of the wire tells it to load, as JSON. */
import { once } from 'node:events';
import { ownSockets } from '../../../src/boot/network/sockets.ts';
import { options, readOption } from '../../../src/wire/dhcp/options.ts';
import { decodePacket } from '../../../src/wire/dhcp/packet.ts';
import { httpClient, ipxe, pxe, requestBytes } from '../samples.ts';

const parameters: [number, Buffer] = [55, Buffer.from([1, 3, 6, 43, 54, 60, 66, 67])];
const clients = {
  bios: pxe(0),
  ia32: pxe(6),
  x64: pxe(7),
  x64too: pxe(9),
  arm64: pxe(11),
  ipxe: ipxe(0),
  ipxeUefi: ipxe(7),
  http: httpClient(16),
  httpArm: httpClient(19),
  plain: [] as [number, Buffer][],
};

const socket = await ownSockets.udp({ address: '0.0.0.0', port: 68, device: 'pc' });
const seen: Record<string, unknown> = {};
for (const [index, [name, more]] of Object.entries(clients).entries()) {
  const mac = `52:54:00:00:01:${String(index).padStart(2, '0')}`;
  const request = requestBytes('DHCPDISCOVER', { mac, broadcast: true, more: [...more, parameters] });
  request.writeUInt32BE(index + 1, 4);
  socket.send(request, 67, '255.255.255.255');
  for (;;) {
    const [bytes] = await once(socket, 'message');
    const packet = decodePacket(bytes);
    if (packet.xid !== index + 1) continue;
    seen[name] = {
      siaddr: packet.siaddr,
      file: packet.file || readOption(packet, options.bootfileName),
      isHttp: readOption(packet, options.vendorClass) === 'HTTPClient',
    };
    break;
  }
}
process.stdout.write(JSON.stringify(seen));
process.exit();
