import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bootFile, makeBootFolder } from './boot-file.ts';
import { type Outcome, runCampaign, type Target } from './campaign.ts';
import { bootServerQuestion, type DhcpLink, dhcpTarget, serverQuestion } from './dhcp-target.ts';
import type { PaperSocket } from './paper-sockets.ts';
import { network, ports, reserved, startFuzzed } from './services.ts';
import { tftpTarget } from './tftp-target.ts';

export type Service = 'dhcp' | 'proxy' | 'tftp';

type Fuzzed = Awaited<ReturnType<typeof startFuzzed>>;

/** Clients without and with an address, and relays; port 0 is forged. */
const sources: readonly [string, number][] = [
  ['0.0.0.0', 68],
  ['127.0.1.20', 68],
  ['127.0.0.7', 67],
  ['127.0.0.8', 0],
];

/** Hands packets to paper sockets in turn; questions go to the first. */
const paperLink = ({ net }: Fuzzed, sockets: readonly PaperSocket[]): DhcpLink => {
  let count = 0;
  return {
    deliver(packet) {
      const [address, port] = sources[count % sources.length] ?? ['0.0.0.0', 68];
      sockets[Math.floor(count / sources.length) % sockets.length]?.hear(packet, address, port);
      count += 1;
    },
    ask: (packet) => sockets[0]?.hear(packet, '0.0.0.0', 68),
    listeners: net.listeners,
  };
};

const targets: Record<Service, (fuzzed: Fuzzed, seed: number) => Promise<Target & { close?(): void }>> = {
  async dhcp(fuzzed) {
    const { net } = fuzzed;
    const sockets = [net.broadcast(ports.dhcp), net.unicast(ports.dhcp)];
    return dhcpTarget(paperLink(fuzzed, sockets), serverQuestion(reserved), network);
  },
  async proxy(fuzzed) {
    const { net } = fuzzed;
    const sockets = [net.unicast(ports.proxyDhcp), net.broadcast(ports.proxyDhcp), net.broadcast(ports.dhcp)];
    return dhcpTarget(paperLink(fuzzed, sockets), bootServerQuestion, network);
  },
  tftp({ net: { tftp } }, seed) {
    return tftpTarget({
      address: '127.0.0.1',
      port: tftp.address().port,
      clientAddress: (number) => `127.0.3.${number + 1}`,
      file: bootFile,
      seed,
      hand: (packet, { address, port }) =>
        void tftp.emit('message', packet, { address, port, family: 'IPv4', size: packet.length }),
    });
  },
};

/**
 * Fuzzes one service within this process: no root, no network. DHCP's sockets are of paper; TFTP's packets are handed to its socket,
 * its transfers are real.
 */
export const fuzzInProcess = async (service: Service, packets: number, seed: number): Promise<Outcome> => {
  const folder = await mkdtemp(path.join(tmpdir(), 'greif-fuzz-'));
  await makeBootFolder(folder);
  const fuzzed = await startFuzzed(service === 'proxy' ? 'proxy' : 'server', folder);
  try {
    const target = await targets[service](fuzzed, seed);
    const outcome = await runCampaign({ ...target, faults: fuzzed.faults }, { packets, seed, batch: 100 });
    target.close?.();
    return outcome;
  } finally {
    await fuzzed.services.close();
    await rm(folder, { recursive: true, force: true });
  }
};
