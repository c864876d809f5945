import type { Lease } from '../ports.ts';
import { mayGive, type Scope } from './scope.ts';

/** A lease, or an offer that nobody has taken up yet. */
export type Binding = Omit<Lease, 'state'> & { state: Lease['state'] | 'offered' };

/** What the rules may ask of the leases. Expired bindings are still there: who held an address gets it again. */
export interface LeaseView {
  /** Never a declined one. */
  byClient(clientKey: string): Binding | undefined;
  byAddress(address: string): Binding | undefined;
}

/** Whether `address` can be this client's: given by this scope, and nobody else holds it. */
export const isFreeFor = (
  address: string,
  clientKey: string,
  scope: Scope,
  leases: LeaseView,
  now: number,
) => {
  const holder = leases.byAddress(address);
  if (!mayGive(address, scope)) return false;
  if (!holder || holder.expiresAt <= now) return true;
  return holder.state !== 'declined' && holder.clientKey === clientKey;
};
