import { isFreeFor, type LeaseView } from './binding.ts';
import type { DhcpRequest } from './request.ts';
import type { Scope } from './scope.ts';
import { addressText } from './subnet.ts';

/** FNV-1a: the same client starts its search at the same address, so that it tends to keep it even when leases are lost. */
const hash = (text: string): number => {
  let value = 0x811c9dc5;
  for (const character of text) value = Math.imul(value ^ character.charCodeAt(0), 0x01000193) >>> 0;
  return value;
};

const search = (
  { clientKey }: DhcpRequest,
  scope: Scope,
  isGood: (address: string) => boolean,
): string | undefined => {
  const size = scope.pool.last - scope.pool.first + 1;
  const start = hash(clientKey) % size;
  for (let step = 0; step < size; step++) {
    const address = addressText(scope.pool.first + ((start + step) % size));
    if (isGood(address)) return address;
  }
  return undefined;
};

/**
 * The address to offer (RFC 2131 section 4.3.1): the client's own, the one it asks for, one that nobody ever had, one whose lease
 * is over. `undefined` when the pool is exhausted.
 */
export const pickAddress = (
  request: DhcpRequest,
  scope: Scope,
  leases: LeaseView,
  now: number,
): string | undefined => {
  const isFree = (address: string) => isFreeFor(address, request.clientKey, scope, leases, now);
  const own = leases.byClient(request.clientKey)?.address;
  if (own !== undefined && isFree(own)) return own;
  const { requestedAddress } = request;
  if (requestedAddress !== undefined && isFree(requestedAddress)) return requestedAddress;
  return (
    search(request, scope, (address) => !leases.byAddress(address) && isFree(address)) ??
    search(request, scope, isFree)
  );
};
