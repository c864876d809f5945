import { options, readOption } from '../../wire/dhcp/options.ts';
import type { DhcpPacket } from '../../wire/dhcp/packet.ts';

export interface Destination {
  address: string;
  port: number;
}

const none = '0.0.0.0';
const serverPort = 67;
const clientPort = 68;
export const everyone: Destination = { address: '255.255.255.255', port: clientPort };

/**
 * RFC 2131 section 4.1: to the relay; else to the address that the client has; else by broadcast. A client without an
 * address could take unicast as well when its broadcast bit is clear, but no ARP reaches it yet, and the RFC
 * lets a server broadcast then.
 */
export const destinationOf = (request: DhcpPacket, reply: DhcpPacket): Destination => {
  if (request.giaddr !== none) return { address: request.giaddr, port: serverPort };
  if (readOption(reply, options.messageType) === 'DHCPNAK' || request.ciaddr === none) return everyone;
  return { address: request.ciaddr, port: clientPort };
};
