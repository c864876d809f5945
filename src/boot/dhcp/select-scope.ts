import type { DhcpPacket } from '../../wire/dhcp/packet.ts';
import { holds } from './range.ts';
import { linkSelection } from './relay.ts';
import type { Scope } from './scope.ts';
import { addressNumber } from './subnet.ts';

const none = '0.0.0.0';

/** The scope whose network holds an address. */
export const scopeAt = (address: string, scopes: readonly Scope[]): Scope | undefined => {
  const number = addressNumber(address);
  return scopes.find(({ range }) => holds([range], number));
};

/**
 * The scope of a request: by the relay's link selection (RFC 3527), else by `giaddr`. Without a relay by the address that the client has:
 * a client behind a relay renews by unicast, past the relay (RFC 2131 section 4.3.2). Else by the interface that heard it.
 */
export const selectScope = (
  packet: DhcpPacket,
  scopes: readonly Scope[],
  serverAddress: string,
): Scope | undefined => {
  const { giaddr, ciaddr } = packet;
  if (giaddr !== none) return scopeAt(linkSelection(packet) ?? giaddr, scopes);
  return (ciaddr === none ? undefined : scopeAt(ciaddr, scopes)) ?? scopeAt(serverAddress, scopes);
};
