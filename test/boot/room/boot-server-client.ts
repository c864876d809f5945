/** Firmware that has an address and asks port 4011 what to boot, from any port: the answer as JSON. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { ownSockets } from '../../../src/boot/network/sockets.ts';
import { decodePacket } from '../../../src/wire/dhcp/packet.ts';
import { pxe, requestBytes } from '../samples.ts';

execFileSync('ip', ['address', 'replace', '10.77.0.9/24', 'dev', 'pc']);
const socket = await ownSockets.udp({ address: '10.77.0.9', port: 0 });
socket.send(requestBytes('DHCPREQUEST', { ciaddr: '10.77.0.9', more: pxe(0) }), 4011, '10.77.0.1');
const [bytes, source] = await once(socket, 'message');
const { yiaddr, file } = decodePacket(bytes);
process.stdout.write(JSON.stringify({ from: `${source.address}:${source.port}`, yiaddr, file }));
process.exit();
