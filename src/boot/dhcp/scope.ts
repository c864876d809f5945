import { GreifError } from '../../core/errors.ts';
import { addressNumber, isInSubnet, type Subnet, upperHalf } from './subnet.ts';

/** A subnet with its options and the addresses that may be given in it. */
export interface Scope {
  subnet: Subnet;
  /** First and last, as numbers, both included. */
  pool: { first: number; last: number };
  router?: string | undefined;
  nameServers: readonly string[];
  leaseSeconds: number;
}

export interface ScopeOptions {
  pool?: { first: string; last: string } | undefined;
  router?: string | undefined;
  nameServers?: readonly string[] | undefined;
}

/** Throws CONFIG_INVALID for a pool that is empty or not of the interface's network. */
export const scopeOf = (
  interfaceName: string,
  subnet: Subnet,
  leaseSeconds: number,
  options: ScopeOptions,
): Scope => {
  const { first, last } = options.pool ?? upperHalf(subnet);
  const pool = { first: addressNumber(first), last: addressNumber(last) };
  if (pool.first > pool.last || !isInSubnet(first, subnet) || !isInSubnet(last, subnet))
    throw new GreifError(
      'CONFIG_INVALID',
      `the pool ${first} to ${last} does not lie in the network of ${interfaceName} (${subnet.address}, netmask ${subnet.netmask})`,
    );
  return { subnet, pool, router: options.router, nameServers: options.nameServers ?? [], leaseSeconds };
};

/** Whether an address may be given to a client: in the pool, and not our own or the router's. */
export const mayGive = (address: string, scope: Scope): boolean => {
  const number = addressNumber(address);
  return (
    number >= scope.pool.first &&
    number <= scope.pool.last &&
    address !== scope.subnet.address &&
    address !== scope.router
  );
};
