import { randomInt } from 'node:crypto';
import type { Log } from '../../core/log.ts';
import type { Service } from '../../core/start-all.ts';
import { options, writeOption } from '../../wire/dhcp/options.ts';
import { type DhcpPacket, decodePacket, encodePacket } from '../../wire/dhcp/packet.ts';
import type { Sockets } from '../network/sockets.ts';
import type { Arrival, DhcpEar } from './listen.ts';
import { tolerant } from './request.ts';

const none = '0.0.0.0';
const everyone = '255.255.255.255';
const [serverPort, clientPort] = [67, 68];

/** When a network is asked for other DHCP servers. dnsmasq looks for three seconds whether an address is in use before it offers it. */
export interface ProbeTimes {
  everyMs: number;
  answerMs: number;
}
export const probeTimes: ProbeTimes = { everyMs: 300_000, answerMs: 5000 };

/** A DISCOVER in the name of our own network card. No REQUEST follows, so no lease is taken. */
export const probePacket = (xid: number, mac: string, giaddr: string): DhcpPacket => ({
  op: 'BOOTREQUEST',
  htype: 1,
  hops: giaddr === none ? 0 : 1,
  xid,
  secs: 0,
  broadcast: true,
  ciaddr: none,
  yiaddr: none,
  siaddr: none,
  giaddr,
  chaddr: Buffer.from(mac.replaceAll(':', ''), 'hex'),
  sname: '',
  file: '',
  options: new Map([writeOption(options.messageType, 'DHCPDISCOVER')]),
});

export interface ProbeOptions {
  interfaceName: string;
  mac: string;
  address: string;
  ear: DhcpEar;
  sockets: Sockets;
  /** The transaction ids under way on all interfaces: nobody of us answers them. */
  ids: Set<number>;
  times: ProbeTimes;
  saw(server: string): void;
  judge(): void;
  log: Log;
}

/** The server that a packet is an answer of, when it answers one of our probes. */
export const answeringServer = (
  packet: DhcpPacket,
  ids: ReadonlySet<number>,
  { source }: Pick<Arrival, 'source'>,
): string | undefined =>
  packet.op === 'BOOTREPLY' && ids.has(packet.xid)
    ? (tolerant(packet, options.serverIdentifier) ?? source.address)
    : undefined;

/** Waits at a client's port for one round of answers; `undefined` when a DHCP client of this machine has the port, or we lack the right. */
const listenAsClient = async ({ interfaceName, sockets, ids, saw }: ProbeOptions) => {
  const place = { address: everyone, port: clientPort, device: interfaceName };
  const socket = await sockets.udp(place).catch(() => undefined);
  socket?.on('error', () => {});
  return socket?.on('message', (bytes, source) => {
    try {
      const server = answeringServer(decodePacket(bytes), ids, { source });
      if (server !== undefined) saw(server);
    } catch {
      // What cannot be read is no answer.
    }
  });
};

/**
 * Asks the network for DHCP servers, at once and then again and again: as a client, whom a router with a network of its own answers too, and as a relay
 * (`giaddr` ours), which hears servers that ignore the broadcast bit and needs no port 68.
 */
export const startProbing = (probe: ProbeOptions): Service => {
  const { ear, mac, address, ids, times, judge, log } = probe;
  let timer: NodeJS.Timeout | undefined;
  let end: (() => void) | undefined;
  let isClosed = false;

  const round = async (): Promise<void> => {
    const xid = randomInt(2 ** 32 - 1);
    ids.add(xid);
    const client = await listenAsClient(probe);
    const to = { address: everyone, port: serverPort };
    ear.send({ packet: probePacket(xid, mac, address), to, from: address });
    client?.send(encodePacket(probePacket(xid, mac, none)), serverPort, everyone, (error) => {
      if (error) log.debug('the network could not be asked for DHCP servers', { reason: error.message });
    });
    if (!isClosed)
      await new Promise<void>((resolve) => {
        end = resolve;
        timer = setTimeout(resolve, times.answerMs).unref();
      });
    ids.delete(xid);
    client?.close();
  };

  const again = async (): Promise<void> => {
    await round();
    if (isClosed) return;
    judge();
    timer = setTimeout(() => void again(), times.everyMs).unref();
  };
  void again();
  return {
    async close() {
      isClosed = true;
      clearTimeout(timer);
      end?.();
    },
  };
};

/** The other server that a PC's REQUEST names: it has just taken its offer. What a relay brings comes from another network. */
export const serverOfRequest = (packet: DhcpPacket): string | undefined =>
  packet.op === 'BOOTREQUEST' &&
  packet.giaddr === none &&
  tolerant(packet, options.messageType) === 'DHCPREQUEST'
    ? tolerant(packet, options.serverIdentifier)
    : undefined;
