import type { LeaseLedger } from '../../boot/ports.ts';
import { type Clock, isoTime } from '../../core/clock.ts';
import type { AdminRoutes } from '../contract/admin.ts';
import type { LeaseSummary } from '../contract/lease.ts';
import type { Handlers } from './mount.ts';

type LeaseRoutes = Pick<AdminRoutes, 'listLeases' | 'removeLease'>;

const summary = (lease: ReturnType<LeaseLedger['list']>[number], now: number): LeaseSummary => ({
  ...lease,
  state: lease.state === 'leased' && lease.expiresAt <= now ? 'expired' : lease.state,
  expiresAt: isoTime(lease.expiresAt),
});

export const leaseHandlers = (leases: LeaseLedger, clock: Clock): Handlers<LeaseRoutes> => ({
  async listLeases({ query }) {
    const now = clock();
    return leases.list(query.scope).map((lease) => summary(lease, now));
  },
  async removeLease({ params }) {
    await leases.remove(params.address);
    return { removed: params.address };
  },
});
