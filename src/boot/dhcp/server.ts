import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../core/log.ts';
import { maximumLengthFor } from '../../wire/dhcp/maximum-length.ts';
import { encodePacket } from '../../wire/dhcp/packet.ts';
import type { LeaseStore } from '../ports.ts';
import type { BootSite } from '../site.ts';
import { decideReply, type ReplyPlan } from './decide-reply.ts';
import { destinationOf } from './destination.ts';
import { LeaseBook } from './lease-book.ts';
import { type Listener, listen } from './listen.ts';
import { renderReply } from './reply.ts';
import type { DhcpRequest } from './request.ts';
import type { Scope } from './scope.ts';
import { isInSubnet } from './subnet.ts';

/** How long an offered address is held for its client: firmware may wait for several offers before it takes one. */
const offerSeconds = 60;

export interface DhcpServerOptions {
  interfaceName: string;
  port: number;
  scope: Scope;
  site: BootSite;
  leases: LeaseStore;
  clock: Clock;
  log: Log;
}

/** Writes into the book what a plan says of the leases. Resolves when that is durable. */
const carryOut = async (
  plan: ReplyPlan,
  request: DhcpRequest,
  book: LeaseBook,
  scope: Scope,
  now: number,
) => {
  const { clientKey, mac, hostName } = request;
  const until = (seconds: number) => now + 1000 * seconds;
  switch (plan.kind) {
    case 'offer':
      book.offer({ address: plan.address, clientKey, mac, hostName, expiresAt: until(offerSeconds) }, now);
      return;
    case 'ack': {
      const expiresAt = until(scope.leaseSeconds);
      await book.keep({ address: plan.address, clientKey, mac, hostName, state: 'leased', expiresAt });
      return;
    }
    case 'decline': {
      const expiresAt = until(scope.leaseSeconds);
      await book.keep({ address: plan.address, clientKey, mac, hostName, state: 'declined', expiresAt });
      return;
    }
    case 'free':
      await book.free(plan.address, now);
  }
};

/** Says once that the pool is exhausted, until an address can be given again. */
const exhaustionWatch = (log: Log) => {
  let isExhausted = false;
  return (plan: ReplyPlan): void => {
    if (plan.kind === 'exhausted' && !isExhausted)
      log.error('no address left: enlarge the pool, shorten dhcp.leaseSeconds, or wait for leases to end');
    if (plan.kind === 'exhausted' || plan.kind === 'offer') isExhausted = plan.kind === 'exhausted';
  };
};

/** Gives addresses and boot files on one interface. Throws PORT_UNAVAILABLE. */
export const startDhcpServer = async (options: DhcpServerOptions): Promise<Listener> => {
  const { scope, site, clock, log } = options;
  const book = await LeaseBook.open(options.leases, (address) => isInSubnet(address, scope.subnet));
  const watch = exhaustionWatch(log);
  return listen(options.interfaceName, options.port, log, async (request, _source, send) => {
    const now = clock();
    const plan = decideReply(request, scope, book, now);
    watch(plan);
    const { kind, ...what } = plan;
    log[kind === 'ack' || kind === 'decline' ? 'info' : 'debug'](`${request.type}: ${kind}`, {
      mac: request.mac,
      ...what,
    });
    await carryOut(plan, request, book, scope, now);
    const reply = renderReply(request, plan, scope, site);
    if (!reply) return;
    send(encodePacket(reply, maximumLengthFor(request.packet)), destinationOf(request.packet, reply));
  });
};
