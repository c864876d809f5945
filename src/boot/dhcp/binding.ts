import type { Lease } from '../ports.ts';
import type { Reservation } from './reservation.ts';
import { mayGive, type Scope } from './scope.ts';

/** A lease, or an offer that nobody has taken up yet. */
export type Binding = Omit<Lease, 'state'> & { state: Lease['state'] | 'offered' };

/** What the rules may ask of the leases of a scope. Expired bindings are still there: who held an address gets it again. */
export interface LeaseView {
  /** Never a declined one. */
  byClient(clientKey: string): Binding | undefined;
  byAddress(address: string): Binding | undefined;
  /** An address for a new client: one that nobody ever held, else the one whose lease is over for the longest time. */
  vacant(clientKey: string, now: number): string | undefined;
}

/** Who asks, and what is reserved for it. */
export interface Client {
  clientKey: string;
  mac: string;
  reservation: Reservation | undefined;
}

/** Whether the lease is the client's own. A reserved address is its host's whatever identifier it uses: firmware and system differ in it. */
const isOwn = (holder: Binding, { clientKey, mac, reservation }: Client): boolean =>
  holder.clientKey === clientKey || (reservation?.address === holder.address && holder.mac === mac);

/** Whether `address` can be this client's: given by this scope, and nobody else holds it. */
export const isFreeFor = (
  address: string,
  client: Client,
  scope: Scope,
  leases: LeaseView,
  now: number,
): boolean => {
  if (!mayGive(address, scope, client.reservation)) return false;
  const holder = leases.byAddress(address);
  if (!holder || holder.expiresAt <= now) return true;
  return holder.state !== 'declined' && isOwn(holder, client);
};
