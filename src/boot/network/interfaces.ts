import { GreifError } from '../../core/errors.ts';
import { decodeAddress } from '../../wire/dhcp/address.ts';
import { addressNumber, type Subnet } from '../dhcp/subnet.ts';
import { AF_INET, AF_PACKET, type InterfaceAddress, interfaceAddresses } from './libc.ts';

const IFF_UP = 1;

export interface InterfaceState {
  name: string;
  /** The kernel's number. An interface that is made anew under its old name has another one, and sockets of the old one are dead. */
  index: number;
  /** `00:00:00:00:00:00` for what has none. */
  mac: string;
  /** Switched on by the administrator; the cable may be out. */
  isUp: boolean;
  /** Its addresses, the kernel's primary one first. */
  subnets: readonly Subnet[];
}

/** struct sockaddr_ll: family(2) protocol(2) ifindex(4) hatype(2) pkttype(1) halen(1) addr(8). */
const linkState = ({ name, flags, address }: InterfaceAddress): InterfaceState | undefined =>
  address?.readUInt16LE(0) === AF_PACKET
    ? {
        name,
        index: address.readInt32LE(4),
        mac: (address.toString('hex', 12, 18).match(/../g) ?? []).join(':'),
        isUp: (flags & IFF_UP) !== 0,
        subnets: [],
      }
    : undefined;

/** struct sockaddr_in: family(2) port(2) address(4). An address may have a label of its own, `eth1:2`. */
const subnetOf = ({ name, address, netmask }: InterfaceAddress): [string, Subnet] | undefined =>
  address?.readUInt16LE(0) === AF_INET && netmask
    ? [
        name.split(':')[0] ?? name,
        { address: decodeAddress(address.subarray(4, 8)), netmask: decodeAddress(netmask.subarray(4, 8)) },
      ]
    : undefined;

/** Pure: the list of getifaddrs by interface. */
export const interfaceStates = (list: readonly InterfaceAddress[]): Map<string, InterfaceState> => {
  const links = list.flatMap((entry) => linkState(entry) ?? []);
  const subnets = list.flatMap((entry) => [subnetOf(entry)].filter((found) => found !== undefined));
  return new Map(
    links.map((link) => [
      link.name,
      { ...link, subnets: subnets.filter(([name]) => name === link.name).map(([, subnet]) => subnet) },
    ]),
  );
};

/** Every interface of this machine by its name, as it is now. */
export const readInterfaces = (): Map<string, InterfaceState> => interfaceStates(interfaceAddresses());

/** Throws CONFIG_INVALID, with the names that there are, when there is no such interface. */
export const requireInterface = (name: string, interfaces = readInterfaces()): InterfaceState => {
  const found = interfaces.get(name);
  if (found) return found;
  const others = [...interfaces.keys()].filter((other) => other !== 'lo').join(', ');
  throw new GreifError('CONFIG_INVALID', `there is no interface ${name}; there are: ${others || 'none'}`);
};

/** Whether two networks have addresses in common: the larger one holds the smaller one. */
const overlap = (one: Subnet, other: Subnet): boolean => {
  const mask = addressNumber(one.netmask) & addressNumber(other.netmask);
  return ((addressNumber(one.address) ^ addressNumber(other.address)) & mask) === 0;
};

/**
 * Whether the routing table cannot be trusted with the way back from this subnet, since another interface has addresses of
 * it, too: then sockets must be held to their interface. Else they need not be, and the machine itself can reach them as well.
 */
export const isAmbiguous = (
  subnet: Subnet,
  name: string,
  interfaces: ReadonlyMap<string, InterfaceState>,
): boolean =>
  [...interfaces.values()].some(
    (other) => other.name !== name && other.subnets.some((theirs) => overlap(subnet, theirs)),
  );
