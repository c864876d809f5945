import { GreifError } from '../../core/errors.ts';
import type { OptionMap } from '../../wire/dhcp/option-map.ts';
import { options, writeOption } from '../../wire/dhcp/options.ts';
import { type ClientClass, isOfClass } from './client-class.ts';
import { holds, overlap, type Range, subtract } from './range.ts';
import type { DhcpRequest } from './request.ts';
import { indexReservations, type Reservation, type Reservations } from './reservation.ts';
import { scopeFaults } from './scope-faults.ts';
import type { DhcpConfig, ScopeConfig } from './scope-schema.ts';
import { addressNumber, broadcastAddress, type Subnet, subnetText, upperHalf, wholeRange } from './subnet.ts';

/** A network with its options and the addresses that may be given in it. */
export interface Scope {
  /** `10.20.0.0/16`. */
  name: string;
  subnet: Subnet;
  /** The whole network as numbers. */
  range: Range;
  /** What anybody may be given, rising: without exclusions, reservations, the router and our own addresses. */
  pools: readonly Range[];
  reservations: Reservations;
  leaseSeconds: number;
  /** Sent to every client of the scope, ready for the wire. */
  options: OptionMap;
  /** Later ones win over earlier ones. */
  classes: readonly ClientClass[];
}

const single = (address: string): Range => ({ first: addressNumber(address), last: addressNumber(address) });

const networkOptions = ({ subnet, router, nameServers }: ScopeConfig): [number, Buffer][] => [
  writeOption(options.subnetMask, subnet.netmask),
  writeOption(options.broadcastAddress, broadcastAddress(subnet)),
  ...(router ? [writeOption(options.routers, [router])] : []),
  ...(nameServers?.length ? [writeOption(options.nameServers, nameServers)] : []),
];

type Common = Pick<DhcpConfig, 'leaseSeconds' | 'options' | 'classes'>;

/**
 * A scope as the rules see it. What is set for all scopes comes first, so that the scope's own wins.
 * @param ownAddresses the appliance's, which are given to nobody
 */
export const scopeOf = (config: ScopeConfig, common: Common, ownAddresses: readonly string[]): Scope => {
  const { subnet, exclude = [], router } = config;
  const reservations = indexReservations(config.reservations ?? []);
  const pools = config.pools ?? [upperHalf(subnet)];
  const withheld = [...ownAddresses, ...(router ? [router] : []), ...reservations.byAddress.keys()];
  return {
    name: subnetText(subnet),
    subnet,
    range: wholeRange(subnet),
    pools: subtract(pools, [...exclude, ...withheld.map(single)]),
    reservations,
    leaseSeconds: config.leaseSeconds ?? common.leaseSeconds,
    options: new Map([...common.options, ...networkOptions(config), ...(config.options ?? [])]),
    classes: [...common.classes, ...(config.classes ?? [])],
  };
};

/** What an interface says of its own network when no scope is configured for it. */
export interface InterfaceScope {
  name: string;
  subnet: Subnet;
  pool?: { first: string; last: string } | undefined;
  router?: string | undefined;
  nameServers?: readonly string[] | undefined;
}

/** The scope of an interface's own network. Throws CONFIG_INVALID for a pool that is empty or not of that network. */
export const interfaceScope = (
  { name, subnet, pool, router, nameServers = [] }: InterfaceScope,
  common: Common,
  ownAddresses: readonly string[] = [subnet.address],
): Scope => {
  const pools = pool && [{ first: addressNumber(pool.first), last: addressNumber(pool.last) }];
  const config: ScopeConfig = { subnet, pools, router, nameServers: [...nameServers] };
  const [fault] = scopeFaults([config]);
  const isEmpty = pools?.some(({ first, last }) => first > last);
  if (isEmpty || fault)
    throw new GreifError(
      'CONFIG_INVALID',
      isEmpty
        ? `the pool of ${name} ends before it begins`
        : `${fault?.path.slice(1).join('.')} of ${name}: ${fault?.message}`,
    );
  return scopeOf(config, common, ownAddresses);
};

/** Whether an address may be given to a client: its reservation, or of the pools. */
export const mayGive = (address: string, scope: Scope, reservation: Reservation | undefined): boolean =>
  reservation?.address === address || holds(scope.pools, addressNumber(address));

/** The options of one client, the most specific winning: all, scope, class, host. */
export const clientOptions = (
  request: DhcpRequest,
  { options: ofScope, classes }: Scope,
  reservation: Reservation | undefined,
): OptionMap => {
  const matching = classes.filter((one) => isOfClass(request, one));
  if (matching.length === 0 && !reservation) return ofScope;
  const { hostName, options: ofHost = [] } = reservation ?? {};
  return new Map([
    ...ofScope,
    ...matching.flatMap((one) => [...one.options]),
    ...(hostName ? [writeOption(options.hostName, hostName)] : []),
    ...ofHost,
  ]);
};

/** Two answers to one question: which addresses there are in a network. */
const doubled = (name: string, network: string): GreifError =>
  new GreifError(
    'CONFIG_INVALID',
    `the network ${network} of ${name} is served already: say its pool, router and name servers in one place`,
  );

/**
 * All scopes: the configured ones, and for interfaces whose network has none the one that the interface describes. With scopes configured, an interface
 * that says no pool gives no addresses of its own network: it may be there for relayed ones only. Throws CONFIG_INVALID.
 */
export const allScopes = (
  config: DhcpConfig,
  interfaces: readonly InterfaceScope[],
  own: readonly string[] = interfaces.map(({ subnet }) => subnet.address),
): Scope[] => {
  const scopes = config.scopes.map((scope) => scopeOf(scope, config, own));
  for (const face of interfaces) {
    const { name, pool, router, nameServers } = face;
    const range = wholeRange(face.subnet);
    const present = scopes.find((scope) => overlap(scope.range, range));
    const isDescribed = [pool, router, nameServers].some((part) => part !== undefined);
    if (present && (isDescribed || config.scopes.length === 0)) throw doubled(name, present.name);
    if (!present && (pool || config.scopes.length === 0)) scopes.push(interfaceScope(face, config, own));
  }
  return scopes;
};
