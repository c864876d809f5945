import { type Client, isFreeFor, type LeaseView } from './binding.ts';
import type { Scope } from './scope.ts';

/**
 * The address to offer (RFC 2131 section 4.3.1): what is reserved for the client, its own, the one it asks for, one that nobody ever had, one
 * whose lease is over. `undefined` when the pool is exhausted.
 */
export const pickAddress = (
  client: Client,
  requestedAddress: string | undefined,
  scope: Scope,
  leases: LeaseView,
  now: number,
): string | undefined =>
  [client.reservation?.address, leases.byClient(client.clientKey)?.address, requestedAddress].find(
    (address) => address !== undefined && isFreeFor(address, client, scope, leases, now),
  ) ?? leases.vacant(client.clientKey, now);
