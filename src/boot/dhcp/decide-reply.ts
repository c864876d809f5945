import { isFreeFor, type LeaseView } from './binding.ts';
import { pickAddress } from './pick-address.ts';
import type { DhcpRequest } from './request.ts';
import { mayGive, type Scope } from './scope.ts';
import { isInSubnet } from './subnet.ts';

/** What to do about a request. */
export type ReplyPlan =
  | { kind: 'offer' | 'ack'; address: string }
  /** Options without an address, to a client that has one. */
  | { kind: 'inform' }
  | { kind: 'nak'; reason: string }
  | { kind: 'exhausted' }
  /** The client took another server's offer, or gave its address back. */
  | { kind: 'free'; address: string }
  /** The client found its address in use. */
  | { kind: 'decline'; address: string }
  | { kind: 'ignore'; reason: string };

const none = '0.0.0.0';
const ignore = (reason: string): ReplyPlan => ({ kind: 'ignore', reason });

const onDiscover = (request: DhcpRequest, scope: Scope, leases: LeaseView, now: number): ReplyPlan => {
  const address = pickAddress(request, scope, leases, now);
  return address === undefined ? { kind: 'exhausted' } : { kind: 'offer', address };
};

/**
 * RFC 2131 section 4.3.2. A client that answers our offer (server identifier) must get its address or a NAK. One that comes back with an address
 * (INIT-REBOOT, RENEWING, REBINDING) may belong to another server: we refuse only what we know to be wrong.
 */
const onRequest = (request: DhcpRequest, scope: Scope, leases: LeaseView, now: number): ReplyPlan => {
  const { clientKey, packet, requestedAddress, serverIdentifier } = request;
  const held = leases.byClient(clientKey);
  if (serverIdentifier !== undefined && serverIdentifier !== scope.subnet.address)
    return held?.state === 'offered'
      ? { kind: 'free', address: held.address }
      : ignore('it took the offer of another server');
  const address = packet.ciaddr === none ? requestedAddress : packet.ciaddr;
  if (address === undefined) return ignore('it names no address');
  if (!isInSubnet(address, scope.subnet))
    return { kind: 'nak', reason: `${address} does not belong to this network` };
  const free = isFreeFor(address, clientKey, scope, leases, now);
  if (serverIdentifier !== undefined)
    return free ? { kind: 'ack', address } : { kind: 'nak', reason: `${address} is not yours` };
  if (held?.address === address && free) return { kind: 'ack', address };
  const ours = held !== undefined && held.expiresAt > now;
  if (ours || (mayGive(address, scope) && !free)) return { kind: 'nak', reason: `${address} is not yours` };
  return packet.ciaddr !== none && free ? { kind: 'ack', address } : ignore(`${address} is unknown here`);
};

const isOurs = ({ serverIdentifier }: DhcpRequest, scope: Scope): boolean =>
  serverIdentifier === undefined || serverIdentifier === scope.subnet.address;

/** DECLINE and RELEASE count only from the client that holds the address. */
const onGivingBack = (
  kind: 'decline' | 'free',
  address: string | undefined,
  request: DhcpRequest,
  scope: Scope,
  leases: LeaseView,
): ReplyPlan => {
  const held = leases.byClient(request.clientKey);
  return isOurs(request, scope) && held !== undefined && held.address === address
    ? { kind, address: held.address }
    : ignore(`${address} is not its address`);
};

/** Whether a relay sent this, and from a network that this scope does not serve. */
const isForeignRelay = ({ packet }: DhcpRequest, scope: Scope): boolean =>
  packet.giaddr !== none && !isInSubnet(packet.giaddr, scope.subnet);

/** The answer of a DHCP server to a client. Pure: the caller keeps the leases and sends. */
export const decideReply = (
  request: DhcpRequest,
  scope: Scope,
  leases: LeaseView,
  now: number,
): ReplyPlan => {
  if (isForeignRelay(request, scope)) return ignore(`the relay ${request.packet.giaddr} has no scope here`);
  switch (request.type) {
    case 'DHCPDISCOVER':
      return onDiscover(request, scope, leases, now);
    case 'DHCPREQUEST':
      return onRequest(request, scope, leases, now);
    case 'DHCPDECLINE':
      return onGivingBack('decline', request.requestedAddress, request, scope, leases);
    case 'DHCPRELEASE':
      return onGivingBack('free', request.packet.ciaddr, request, scope, leases);
    case 'DHCPINFORM':
      return { kind: 'inform' };
    default:
      return ignore(`${request.type} is a server's message`);
  }
};
