import { overlap, type Range, sizeOf } from './range.ts';
import type { ScopeConfig } from './scope-schema.ts';
import { addressText, isInSubnet, subnetText, wholeRange } from './subnet.ts';

/** A contradiction, and where it stands. */
export interface Fault {
  path: (string | number)[];
  message: string;
}

/** Every address of a pool costs a few bytes of memory. */
const mostAddresses = 2 ** 20;

const rangeText = ({ first, last }: Range): string =>
  first === last ? addressText(first) : `${addressText(first)} to ${addressText(last)}`;

/** The first earlier entry that `collides` with each. */
const collisions = <Entry>(
  entries: readonly Entry[],
  collides: (entry: Entry, earlier: Entry) => boolean,
): { index: number; earlier: number }[] =>
  entries.flatMap((entry, index) => {
    const earlier = entries.findIndex((other, at) => at < index && collides(entry, other));
    return earlier < 0 ? [] : [{ index, earlier }];
  });

const poolFaults = ({ subnet, pools = [] }: ScopeConfig): Fault[] => {
  const outside = pools.flatMap((pool, index) =>
    isInSubnet(addressText(pool.first), subnet) && isInSubnet(addressText(pool.last), subnet)
      ? []
      : [
          {
            path: ['pools', index],
            message: `${rangeText(pool)} does not lie in the network ${subnetText(subnet)}`,
          },
        ],
  );
  const doubled = collisions(pools, overlap).map(({ index, earlier }) => ({
    path: ['pools', index],
    message: `overlaps with the pool ${rangeText(pools[earlier] as Range)}`,
  }));
  const large =
    sizeOf(pools) > mostAddresses
      ? [{ path: ['pools'], message: `a scope can give at most ${mostAddresses} addresses: make several` }]
      : [];
  return [...outside, ...doubled, ...large];
};

const exclusionFaults = ({ subnet, exclude = [] }: ScopeConfig): Fault[] =>
  exclude.flatMap((range, index) =>
    overlap(range, wholeRange(subnet))
      ? []
      : [
          {
            path: ['exclude', index],
            message: `${rangeText(range)} does not lie in the network ${subnetText(subnet)}`,
          },
        ],
  );

/** The first earlier place of the same text, by text. Reservations may be thousands. */
const repeats = (texts: readonly (string | undefined)[]): { index: number; earlier: number }[] => {
  const seen = new Map<string, number>();
  return texts.flatMap((text, index) => {
    if (text === undefined) return [];
    const earlier = seen.get(text);
    if (earlier !== undefined) return [{ index, earlier }];
    seen.set(text, index);
    return [];
  });
};

const reservationFaults = (scope: ScopeConfig): Fault[] => {
  const { subnet, router, reservations = [] } = scope;
  const single = reservations.flatMap(({ address }, index): Fault[] => {
    const path = ['reservations', index, 'address'];
    if (address === undefined) return [];
    if (!isInSubnet(address, subnet))
      return [{ path, message: `${address} does not lie in the network ${subnetText(subnet)}` }];
    return address === router ? [{ path, message: `${address} is the router's` }] : [];
  });
  const doubled = (['mac', 'clientId', 'uuid', 'address'] as const).flatMap((name) =>
    repeats(reservations.map((host) => host[name])).map(({ index, earlier }) => ({
      path: ['reservations', index, name],
      message: `is reserved twice, see reservations.${earlier}`,
    })),
  );
  return [...single, ...doubled];
};

const routerFaults = ({ subnet, router }: ScopeConfig): Fault[] =>
  router !== undefined && !isInSubnet(router, subnet)
    ? [{ path: ['router'], message: `${router} does not lie in the network ${subnetText(subnet)}` }]
    : [];

/** What contradicts itself in the scopes, each with its path below `dhcp.scopes`. */
export const scopeFaults = (scopes: readonly ScopeConfig[]): Fault[] => {
  const within = scopes.flatMap((scope, index) =>
    [
      ...poolFaults(scope),
      ...exclusionFaults(scope),
      ...routerFaults(scope),
      ...reservationFaults(scope),
    ].map(({ path, message }) => ({ path: [index, ...path], message })),
  );
  const networks = scopes.map(({ subnet }) => wholeRange(subnet));
  const doubled = collisions(networks, overlap).map(({ index, earlier }) => ({
    path: [index, 'subnet'],
    message: `overlaps with scopes.${earlier}, ${rangeText(networks[earlier] as Range)}`,
  }));
  return [...within, ...doubled];
};
