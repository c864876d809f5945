import type { Log } from '../../core/log.ts';
import type { ConflictProbe } from './conflict-probe.ts';
import type { ReplyPlan } from './decide-reply.ts';
import type { LeaseBook } from './lease-book.ts';
import type { DhcpRequest } from './request.ts';

/** A client asks again anyway; it is not to wait for a whole pool of occupied addresses. */
const mostAddresses = 3;

/**
 * Makes sure before an offer (RFC 2131 section 4.3.1) that nobody uses the address without a lease; one that is used is put aside like a declined
 * one. The address is held for the client meanwhile, and other clients are answered.
 */
export const createOfferProbe = (probe: ConflictProbe, log: Log) => {
  const underWay = new Set<string>();

  const settle = async (
    { clientKey, mac }: DhcpRequest,
    book: LeaseBook,
    decideAndHold: () => Promise<ReplyPlan>,
    now: number,
  ): Promise<ReplyPlan> => {
    for (let count = 0; count < mostAddresses; count++) {
      const plan = await decideAndHold();
      if (plan.kind !== 'offer') return plan;
      const { address } = plan;
      const user = await probe(address);
      if (user === undefined || user === mac) return plan;
      log.warn('an address is used by somebody who has no lease for it: it is not given away', {
        address,
        user,
      });
      const expiresAt = now + 1000 * book.scope.leaseSeconds;
      await book.keep({ address, clientKey, mac: user, state: 'declined', expiresAt });
    }
    return { kind: 'ignore', reason: 'the addresses for it were all in use' };
  };

  return {
    /** Whether this client waits for the result already. */
    isUnderWay: ({ clientKey }: DhcpRequest): boolean => underWay.has(clientKey),
    /** An offer of an address that is free, or what else there is to say. `decideAndHold` holds the address that it plans. */
    async settle(...args: Parameters<typeof settle>): Promise<ReplyPlan> {
      const [{ clientKey }] = args;
      underWay.add(clientKey);
      try {
        return await settle(...args);
      } finally {
        underWay.delete(clientKey);
      }
    },
  };
};
