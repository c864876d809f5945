import type { RemoteInfo, Socket } from 'node:dgram';
import { asGreifError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { Service } from '../../core/start-all.ts';
import { maximumLengthFor } from '../../wire/dhcp/maximum-length.ts';
import { type DhcpPacket, decodePacket, encodePacket } from '../../wire/dhcp/packet.ts';
import type { Sockets } from '../network/sockets.ts';
import type { Destination } from './destination.ts';
import { type DhcpRequest, requestFrom } from './request.ts';
import { addressNumber, broadcastAddress, type Subnet } from './subnet.ts';

/** How a packet came to us. */
export interface Arrival {
  source: Destination;
  /** Our port. */
  port: number;
  /** Our address that it was sent to; `undefined` for a broadcast. */
  address: string | undefined;
}

export interface DhcpReply {
  packet: DhcpPacket;
  to: Destination;
  /** Our own address, the server identifier: what the client must see as the sender. */
  from: string;
}

/** What to send back, if anything. */
export type Answer = (request: DhcpRequest, arrival: Arrival) => Promise<DhcpReply | undefined>;

export interface DhcpEar {
  /** Hears what is sent to this address or to its network's broadcast address. Throws PORT_UNAVAILABLE. */
  listenAt(subnet: Subnet): Promise<Service>;
  /** Hears what is sent to everyone. Throws PORT_UNAVAILABLE. */
  listenToBroadcasts(): Promise<Service>;
  /** Sends a packet of our own accord, from one of the addresses that are listened at. */
  send(message: DhcpReply): void;
}

export interface DhcpEarOptions {
  interfaceName: string;
  port: number;
  sockets: Sockets;
  answer: Answer;
  /** Sees each packet first, replies of other servers included; true: it is none of ours to answer. */
  overhear?: ((packet: DhcpPacket, arrival: Arrival) => boolean) | undefined;
  log: Log;
}

/** Room for what comes while the process is busy for a tenth of a second; more would be answered too late. The kernel gives less where net.core.rmem_max says so. */
const receiveBufferBytes = 1024 * 1024;

const everyone = '255.255.255.255';

const closing = (sockets: readonly Socket[]): Service => ({
  close: async () => {
    await Promise.all(sockets.map((socket) => new Promise<void>((done) => socket.close(done))));
  },
});

/**
 * One port of one interface. There is a socket for each of our addresses and one for broadcasts, so that it is known where a
 * packet came in, and a reply leaves from the address that it names. What cannot be read or answered costs one line of the log.
 */
export const createDhcpEar = (options: DhcpEarOptions): DhcpEar => {
  const { interfaceName, port, sockets, answer, overhear, log } = options;
  const byAddress = new Map<string, Socket>();
  let broad: Socket | undefined;

  const send = ({ packet, to, from }: DhcpReply, maximumLength?: number, heardBy?: Socket): void =>
    (byAddress.get(from) ?? heardBy ?? broad)?.send(
      encodePacket(packet, maximumLength),
      to.port,
      to.address,
      (error) => {
        if (error) log.warn('a DHCP reply could not be sent', { to: to.address, reason: error.message });
      },
    );

  const onMessage = async (bytes: Buffer, arrival: Arrival, heardBy: Socket): Promise<void> => {
    // Port 0 cannot be answered; only a forged packet has it.
    if (arrival.source.port === 0) return;
    try {
      const packet = decodePacket(bytes);
      if (overhear?.(packet, arrival)) return;
      const reply = await answer(requestFrom(packet), arrival);
      if (reply) send(reply, maximumLengthFor(packet), heardBy);
    } catch (fault) {
      const { code, message, cause } = asGreifError(fault);
      if (code === 'BAD_REQUEST')
        log.warn('a DHCP packet was dropped', { from: arrival.source.address, reason: message });
      else log.error('a DHCP request was not answered', { reason: message, cause: String(cause ?? '') });
    }
  };

  const open = async (address: string, isBroadcast: boolean): Promise<Socket[]> => {
    const place = { address, port, device: interfaceName };
    if (sockets.isHeardBroadly(place)) return [];
    const socket = await sockets.udp(place);
    socket.setRecvBufferSize(receiveBufferBytes);
    socket.on('message', (bytes, source: RemoteInfo) =>
      onMessage(bytes, { source, port, address: isBroadcast ? undefined : address }, socket),
    );
    socket.on('error', (error) => log.error('the DHCP socket failed', { port, reason: error.message }));
    return [socket];
  };

  return {
    async listenAt(subnet) {
      const own = await open(subnet.address, false);
      const broadcast = broadcastAddress(subnet);
      // A network of one or two addresses has none.
      const hasBroadcast = addressNumber(subnet.netmask) < addressNumber('255.255.255.254');
      const opened = hasBroadcast ? [...own, ...(await open(broadcast, true))] : own;
      for (const socket of own) byAddress.set(subnet.address, socket);
      const { close } = closing(opened);
      return {
        close: () => {
          for (const socket of own)
            if (byAddress.get(subnet.address) === socket) byAddress.delete(subnet.address);
          return close();
        },
      };
    },
    async listenToBroadcasts() {
      const opened = await open(everyone, true);
      [broad] = opened;
      return closing(opened);
    },
    send,
  };
};
