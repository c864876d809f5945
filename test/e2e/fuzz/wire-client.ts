/**
 * A PC in a room that sends mutated packets to the boot services at 10.77.0.1; started by wire.ts with the service, the number of packets
 * and the seed. Its last line is the outcome as JSON, as the PC saw it.
 */
import { ownSockets } from '../../../src/boot/network/sockets.ts';
import { bootFile } from './boot-file.ts';
import { runCampaign, type Target } from './campaign.ts';
import { bootServerQuestion, type DhcpLink, dhcpTarget, serverQuestion } from './dhcp-target.ts';
import type { Service } from './in-process.ts';
import { ports } from './services.ts';
import { tftpTarget } from './tftp-target.ts';
import { clientAddress, everyone, face, serverAddress, wireNetwork, wireReserved } from './wire-network.ts';

const [service = 'dhcp', packets = '', seed = ''] = process.argv.slice(2) as [Service, string, string];

/** By unicast and by broadcast in turn, from the client's port. */
const dhcpLink = async (serverPort: number, clientPort: number, isProxy: boolean): Promise<DhcpLink> => {
  const socket = await ownSockets.udp({ address: '0.0.0.0', port: clientPort, device: face });
  const listeners: DhcpLink['listeners'] = new Set();
  socket.on('message', (bytes, source) => {
    // Its own broadcasts come back on port 4011.
    if (source.address !== serverAddress) return;
    for (const listener of listeners) listener(bytes);
  });
  let count = 0;
  return {
    deliver: (packet) => socket.send(packet, serverPort, count++ % 2 === 0 ? serverAddress : everyone),
    ask: (packet) => socket.send(packet, serverPort, isProxy ? serverAddress : everyone),
    listeners,
  };
};

const targets: Record<Service, () => Promise<Target>> = {
  dhcp: async () =>
    dhcpTarget(await dhcpLink(ports.dhcp, 68, false), serverQuestion(wireReserved), wireNetwork),
  proxy: async () =>
    dhcpTarget(await dhcpLink(ports.proxyDhcp, ports.proxyDhcp, true), bootServerQuestion, wireNetwork),
  tftp: () =>
    tftpTarget({
      address: serverAddress,
      port: ports.tftp,
      clientAddress,
      file: bootFile,
      seed: Number(seed),
      hand: (packet, _client, socket) => socket.send(packet, ports.tftp, serverAddress),
    }),
};

const outcome = await runCampaign(await targets[service](), {
  packets: Number(packets),
  seed: Number(seed),
  // Few enough for a receive buffer of the default size.
  batch: 20,
});
process.stdout.write(`${JSON.stringify(outcome)}\n`);
process.exit();
