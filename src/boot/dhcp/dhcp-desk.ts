import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../core/log.ts';
import type { DhcpPacket } from '../../wire/dhcp/packet.ts';
import type { BootSite } from '../site.ts';
import { decideReply, type ReplyPlan } from './decide-reply.ts';
import { type Destination, destinationOf } from './destination.ts';
import { exhaustionWatch } from './exhaustion-watch.ts';
import type { LeaseBook } from './lease-book.ts';
import type { LeaseLedger } from './lease-ledger.ts';
import { serverIdentifierOverride } from './relay.ts';
import { renderReply } from './reply.ts';
import type { DhcpRequest } from './request.ts';
import { reservationOf } from './reservation.ts';
import { clientOptions, type Scope } from './scope.ts';
import { selectScope } from './select-scope.ts';

/** How long an offered address is held for its client: firmware may wait for several offers before it takes one. */
const offerSeconds = 60;

export interface DhcpDeskOptions {
  scopes: readonly Scope[];
  /** The appliance's address on each interface that it serves. */
  ownAddresses: readonly string[];
  ledger: LeaseLedger;
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

export const createDhcpDesk = (options: DhcpDeskOptions): DhcpDesk => {
  const { scopes, ledger, clock, log } = options;
  const own = new Set(options.ownAddresses);
  const books = new Map(scopes.map((scope) => [scope, ledger.book(scope)]));
  const watch = exhaustionWatch(log);
  return {
    async answer(request, site) {
      const { packet, clientKey, mac } = request;
      const scope = selectScope(packet, scopes, site.serverAddress);
      const leases = scope && books.get(scope);
      if (!scope || !leases) return { plan: { kind: 'ignore', reason: noScope(packet, site) } };
      const now = clock();
      const reservation = reservationOf(request, scope.reservations);
      const override = serverIdentifierOverride(packet);
      const plan = decideReply(request, {
        scope,
        leases,
        client: { clientKey, mac, reservation },
        isOurs: (identifier) => own.has(identifier) || identifier === override,
        now,
      });
      watch(plan, scope);
      await carryOut(plan, request, leases, now);
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
