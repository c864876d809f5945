import { type Client, isFreeFor, type LeaseView } from './binding.ts';
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

/** What a decision rests on. */
export interface Situation {
  scope: Scope;
  leases: LeaseView;
  /** The client as the leases know it. */
  client: Client;
  /** Whether a server identifier means us: any address of ours, or the one that a relay gave out in our place. */
  isOurs(serverIdentifier: string): boolean;
  /** Milliseconds since 1970. */
  now: number;
}

const none = '0.0.0.0';
const ignore = (reason: string): ReplyPlan => ({ kind: 'ignore', reason });
const notYours = (address: string): ReplyPlan => ({ kind: 'nak', reason: `${address} is not yours` });

const onDiscover = (request: DhcpRequest, { client, scope, leases, now }: Situation): ReplyPlan => {
  const address = pickAddress(client, request.requestedAddress, scope, leases, now);
  return address === undefined ? { kind: 'exhausted' } : { kind: 'offer', address };
};

/** SELECTING: a client that answers our offer must get its address or a NAK; what was held for one that took another's is free again. */
const onSelecting = (address: string, { client, scope, leases, now }: Situation): ReplyPlan =>
  isFreeFor(address, client, scope, leases, now) ? { kind: 'ack', address } : notYours(address);

const onForeignOffer = ({ clientKey }: DhcpRequest, { leases }: Situation): ReplyPlan => {
  const held = leases.byClient(clientKey);
  return held?.state === 'offered'
    ? { kind: 'free', address: held.address }
    : ignore('it took the offer of another server');
};

/**
 * INIT-REBOOT, RENEWING, REBINDING: the client may belong to another server, so only what is known to be wrong is refused. A renewing client
 * whose lease was lost keeps its address if nobody else has it.
 */
const onComingBack = (address: string, isRenewing: boolean, situation: Situation): ReplyPlan => {
  const { client, scope, leases, now } = situation;
  const held = leases.byClient(client.clientKey);
  const free = isFreeFor(address, client, scope, leases, now);
  if (free && (held?.address === address || client.reservation?.address === address))
    return { kind: 'ack', address };
  const holdsOther = held !== undefined && held.expiresAt > now;
  const isKnownWrong =
    holdsOther ||
    scope.reservations.byAddress.has(address) ||
    (mayGive(address, scope, client.reservation) && !free);
  if (isKnownWrong) return notYours(address);
  return isRenewing && free ? { kind: 'ack', address } : ignore(`${address} is unknown here`);
};

/** RFC 2131 section 4.3.2. */
const onRequest = (request: DhcpRequest, situation: Situation): ReplyPlan => {
  const { packet, requestedAddress, serverIdentifier } = request;
  if (serverIdentifier !== undefined && !situation.isOurs(serverIdentifier))
    return onForeignOffer(request, situation);
  const isRenewing = packet.ciaddr !== none;
  const address = isRenewing ? packet.ciaddr : requestedAddress;
  if (address === undefined) return ignore('it names no address');
  if (!isInSubnet(address, situation.scope.subnet))
    return { kind: 'nak', reason: `${address} does not belong to this network` };
  return serverIdentifier === undefined
    ? onComingBack(address, isRenewing, situation)
    : onSelecting(address, situation);
};

/** DECLINE and RELEASE count only from the client that holds the address. */
const onGivingBack = (
  kind: 'decline' | 'free',
  address: string | undefined,
  { clientKey, serverIdentifier }: DhcpRequest,
  { leases, isOurs }: Situation,
): ReplyPlan => {
  const held = leases.byClient(clientKey);
  const isMeant = serverIdentifier === undefined || isOurs(serverIdentifier);
  return isMeant && held !== undefined && held.address === address
    ? { kind, address: held.address }
    : ignore(`${address} is not its address`);
};

/** The answer of a DHCP server to a client. Pure: the caller keeps the leases and sends. */
export const decideReply = (request: DhcpRequest, situation: Situation): ReplyPlan => {
  switch (request.type) {
    case 'DHCPDISCOVER':
      return onDiscover(request, situation);
    case 'DHCPREQUEST':
      return onRequest(request, situation);
    case 'DHCPDECLINE':
      return onGivingBack('decline', request.requestedAddress, request, situation);
    case 'DHCPRELEASE':
      return onGivingBack('free', request.packet.ciaddr, request, situation);
    case 'DHCPINFORM':
      return { kind: 'inform' };
    default:
      return ignore(`${request.type} is a server's message`);
  }
};
