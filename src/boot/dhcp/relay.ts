import { type Option, options, relayOptions } from '../../wire/dhcp/options.ts';
import type { DhcpPacket } from '../../wire/dhcp/packet.ts';
import { tolerant } from './request.ts';

/** An address in option 82; what is built wrong counts as missing, as the option is the relay's own affair. */
const relayAddress = (packet: DhcpPacket, option: Option<string>): string | undefined => {
  const agent = tolerant(packet, options.relayAgentInformation);
  return agent && tolerant({ options: agent }, option);
};

/** The client's network, where the relay's own address is not in it (RFC 3527). */
export const linkSelection = (packet: DhcpPacket): string | undefined =>
  relayAddress(packet, relayOptions.linkSelection);

/** The address by which the client shall know us: that of a relay that wants to hear renewals as well (RFC 5107). */
export const serverIdentifierOverride = (packet: DhcpPacket): string | undefined =>
  relayAddress(packet, relayOptions.serverIdentifierOverride);
