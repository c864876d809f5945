import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../core/log.ts';
import type { DhcpPacket } from '../../wire/dhcp/packet.ts';
import type { BootSite } from '../site.ts';
import type { ConflictProbe } from './conflict-probe.ts';
import { decideReply, type ReplyPlan } from './decide-reply.ts';
import { type Destination, destinationOf } from './destination.ts';
import { exhaustionWatch } from './exhaustion-watch.ts';
import type { LeaseBook } from './lease-book.ts';
import type { LeaseLedger } from './lease-ledger.ts';
import { createOfferProbe } from './probed-offer.ts';
import { serverIdentifierOverride } from './relay.ts';
import { renderReply } from './reply.ts';
import type { DhcpRequest } from './request.ts';
import { type Reservation, reservationOf } from './reservation.ts';
import { clientOptions, type Scope } from './scope.ts';
import { selectScope } from './select-scope.ts';

/** How long an offered address is held for its client: firmware may wait for several offers before it takes one. */
const offerSeconds = 60;

export interface DhcpDeskOptions {
  scopes: readonly Scope[];
  /** The appliance's address on each interface that it serves. */
  ownAddresses: readonly string[];
  ledger: LeaseLedger;
  /** Looks whether an address is used before it is offered. */
  probe?: ConflictProbe | undefined;
  clock: Clock;
  log: Log;
}

/** What was decided about a request, and the answer if there is one. */
export interface DhcpAnswer {
  plan: ReplyPlan;
  reply?: { packet: DhcpPacket; to: Destination } | undefined;
}

/** Answers the requests of every interface: a relayed client may come in on any. */
export interface DhcpDesk {
  /** Resolves when what the answer promises is durable. `site` is that of the interface that heard the request. */
  answer(request: DhcpRequest, site: BootSite): Promise<DhcpAnswer>;
}

/** Writes into the book what a plan says of the leases. Resolves when that is durable. */
const carryOut = async (plan: ReplyPlan, request: DhcpRequest, book: LeaseBook, now: number) => {
  const { clientKey, mac, hostName } = request;
  const until = (seconds: number) => now + 1000 * seconds;
  switch (plan.kind) {
    case 'offer':
      book.offer({ address: plan.address, clientKey, mac, hostName, expiresAt: until(offerSeconds) }, now);
      return;
    case 'ack':
    case 'decline': {
      const expiresAt = until(book.scope.leaseSeconds);
      const state = plan.kind === 'ack' ? 'leased' : 'declined';
      await book.keep({ address: plan.address, clientKey, mac, hostName, state, expiresAt });
      return;
    }
    case 'free':
      await book.free(plan.address, now);
  }
};

/** Whether the client has been promised the address already, so that nobody else can be using it by our fault. */
const isPromised = ({ clientKey }: DhcpRequest, address: string, book: LeaseBook, now: number): boolean => {
  const held = book.byClient(clientKey);
  return held?.address === address && held.expiresAt > now;
};

export const createDhcpDesk = (options: DhcpDeskOptions): DhcpDesk => {
  const { scopes, ledger, clock, log } = options;
  const own = new Set(options.ownAddresses);
  const books = new Map(scopes.map((scope) => [scope, ledger.book(scope)]));
  const watch = exhaustionWatch(log);
  const probing = options.probe && createOfferProbe(options.probe, log);

  /** The plan, with its address looked at and held or durable. */
  const settle = async (
    request: DhcpRequest,
    scope: Scope,
    book: LeaseBook,
    override: string | undefined,
    reservation: Reservation | undefined,
  ): Promise<ReplyPlan> => {
    const { clientKey, mac } = request;
    const now = clock();
    const isOurs = (identifier: string) => own.has(identifier) || identifier === override;
    const decide = () =>
      decideReply(request, { scope, leases: book, client: { clientKey, mac, reservation }, isOurs, now });
    const carriedOut = async (plan: ReplyPlan): Promise<ReplyPlan> => {
      await carryOut(plan, request, book, now);
      return plan;
    };
    const plan = decide();
    const offered = plan.kind === 'offer' ? plan.address : undefined;
    watch(plan, scope, !reservation && book.byClient(clientKey)?.address !== offered);
    if (plan.kind !== 'offer' || !probing) return carriedOut(plan);
    if (probing.isUnderWay(request)) return { kind: 'ignore', reason: 'its address is being looked at' };
    if (isPromised(request, plan.address, book, now)) return carriedOut(plan);
    return probing.settle(request, book, () => carriedOut(decide()), now);
  };

  return {
    async answer(request, site) {
      const { packet } = request;
      const scope = selectScope(packet, scopes, site.serverAddress);
      const book = scope && books.get(scope);
      if (!scope || !book) return { plan: { kind: 'ignore', reason: noScope(packet, site) } };
      const reservation = reservationOf(request, scope.reservations);
      const override = serverIdentifierOverride(packet);
      const plan = await settle(request, scope, book, override, reservation);
      const settings = {
        leaseSeconds: scope.leaseSeconds,
        options: clientOptions(request, scope, reservation),
        serverIdentifier: override,
      };
      const reply = renderReply(request, plan, settings, site);
      return { plan, reply: reply && { packet: reply, to: destinationOf(packet, reply) } };
    },
  };
};

const noScope = ({ giaddr }: DhcpPacket, { serverAddress }: BootSite): string =>
  giaddr === '0.0.0.0'
    ? `no scope for the network of ${serverAddress}`
    : `no scope for the network of the relay ${giaddr}`;
