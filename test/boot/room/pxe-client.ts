/** A PXE client as far as DHCP goes (PXE 2.1 section 2.2): what each server says, as JSON. */
import { execFileSync } from 'node:child_process';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { ownSockets } from '../../../src/boot/network/sockets.ts';
import type { MessageType } from '../../../src/wire/dhcp/message-type.ts';
import { options, readOption, writeOption } from '../../../src/wire/dhcp/options.ts';
import { type DhcpPacket, decodePacket, encodePacket } from '../../../src/wire/dhcp/packet.ts';
import { pxe } from '../samples.ts';

const everyone = '255.255.255.255';
/** Of a PC that is not in the servers' network. */
const gateway = process.argv[2];
const xid = 0x77;
const mac = Buffer.from([0x52, 0x54, 0, 0, 0, 7]);

const message = (type: MessageType, more: [number, Buffer][], ciaddr = '0.0.0.0'): Buffer =>
  encodePacket({
    op: 'BOOTREQUEST',
    htype: 1,
    hops: 0,
    xid,
    secs: 0,
    broadcast: true,
    ciaddr,
    yiaddr: '0.0.0.0',
    siaddr: '0.0.0.0',
    giaddr: '0.0.0.0',
    chaddr: mac,
    sname: '',
    file: '',
    options: new Map([writeOption(options.messageType, type), ...more]),
  });

/** Every answer to us, in order. */
const inbox = (socket: Socket) => {
  const packets: DhcpPacket[] = [];
  socket.on('message', (bytes) => {
    const packet = decodePacket(bytes);
    // Others ask on this wire, too.
    if (packet.xid !== xid) return;
    packets.push(packet);
    socket.emit('arrival');
  });
  return async (): Promise<DhcpPacket> => {
    while (packets.length === 0) await once(socket, 'arrival');
    return packets.shift() as DhcpPacket;
  };
};

const summary = (packet: DhcpPacket) => ({
  type: readOption(packet, options.messageType),
  server: readOption(packet, options.serverIdentifier),
  yiaddr: packet.yiaddr,
  siaddr: packet.siaddr,
  file: packet.file,
});

const socket = await ownSockets.udp({ address: '0.0.0.0', port: 68, device: 'pc' });
const next = inbox(socket);
socket.send(message('DHCPDISCOVER', pxe(0)), 67, everyone);
const offers = [summary(await next()), summary(await next())].toSorted((a, b) =>
  String(a.server).localeCompare(String(b.server)),
);
const address = offers.find(({ yiaddr }) => yiaddr !== '0.0.0.0')?.yiaddr ?? '';
const wanted: [number, Buffer][] = [
  writeOption(options.serverIdentifier, '10.77.0.2'),
  writeOption(options.requestedAddress, address),
];
socket.send(message('DHCPREQUEST', [...pxe(0), ...wanted]), 67, everyone);
const ack = summary(await next());

// A client without PXE: one answer, from the site's server.
socket.send(message('DHCPDISCOVER', []), 67, everyone);
const plain = summary(await next());

execFileSync('ip', ['address', 'add', `${address}/24`, 'dev', 'pc']);
if (gateway !== undefined) execFileSync('ip', ['route', 'add', 'default', 'via', gateway]);
const boot = await ownSockets.udp({ address: '0.0.0.0', port: 4011, device: 'pc' });
const bootNext = inbox(boot);
boot.send(message('DHCPREQUEST', pxe(7), address), 4011, '10.77.0.1');
const binl = summary(await bootNext());
process.stdout.write(JSON.stringify({ offers, ack, plain, binl, address }));
process.exit();
