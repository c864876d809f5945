import type { Log } from '../../core/log.ts';
import type { ReplyPlan } from './decide-reply.ts';
import type { Scope } from './scope.ts';

/**
 * Says once for each scope that its pools are exhausted, until an address can be given again. `isNew`: the client has neither a reservation
 * nor held this address before; offers to others go on while the pools are exhausted.
 */
export const exhaustionWatch = (log: Log) => {
  const exhausted = new Set<Scope>();
  return (plan: ReplyPlan, scope: Scope, isNew: boolean): void => {
    if (plan.kind === 'offer' && isNew && exhausted.delete(scope))
      log.info('there are free addresses again', { scope: scope.name });
    if (plan.kind !== 'exhausted' || exhausted.has(scope)) return;
    exhausted.add(scope);
    log.error(
      'no address left: enlarge the pools, shorten leaseSeconds, or remove leases of PCs that are gone (greif lease remove)',
      { scope: scope.name },
    );
  };
};
