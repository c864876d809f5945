import type { Log } from '../../core/log.ts';
import type { ReplyPlan } from './decide-reply.ts';
import type { Scope } from './scope.ts';

/** Says once for each scope that its pools are exhausted, until an address can be given again. */
export const exhaustionWatch = (log: Log) => {
  const exhausted = new Set<Scope>();
  return (plan: ReplyPlan, scope: Scope): void => {
    if (plan.kind === 'offer' && exhausted.delete(scope))
      log.info('there are free addresses again', { scope: scope.name });
    if (plan.kind !== 'exhausted' || exhausted.has(scope)) return;
    exhausted.add(scope);
    log.error(
      'no address left: enlarge the pools, shorten leaseSeconds, or remove leases of PCs that are gone (greif lease remove)',
      { scope: scope.name },
    );
  };
};
