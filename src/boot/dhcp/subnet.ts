import type { Range } from './range.ts';

/** An IPv4 address as a number, for arithmetic. */
export const addressNumber = (address: string): number => {
  let number = 0;
  let part = 0;
  for (let at = 0; at < address.length; at++) {
    const character = address.charCodeAt(at);
    if (character === 46) {
      number = number * 256 + part;
      part = 0;
    } else part = part * 10 + character - 48;
  }
  return number * 256 + part;
};

export const addressText = (number: number): string =>
  `${number >>> 24}.${(number >>> 16) & 255}.${(number >>> 8) & 255}.${number & 255}`;

/** An address of a network (our own, or the network's) and the netmask. */
export interface Subnet {
  address: string;
  netmask: string;
}

/** Reads `10.20.0.0/16`. */
export const parseSubnet = (cidr: string): Subnet => {
  const [address = '', length] = cidr.split('/');
  return { address, netmask: addressText(Number(length) === 0 ? 0 : (-1 << (32 - Number(length))) >>> 0) };
};

/** All addresses of a network, its own and its broadcast address included. */
export const wholeRange = ({ address, netmask }: Subnet): Range => {
  const mask = addressNumber(netmask);
  const first = (addressNumber(address) & mask) >>> 0;
  return { first, last: (first | ~mask) >>> 0 };
};

/** `10.20.0.0/16`. */
export const subnetText = (subnet: Subnet): string => {
  const length = 32 - Math.clz32(~addressNumber(subnet.netmask));
  return `${addressText(wholeRange(subnet).first)}/${32 - length}`;
};

export const broadcastAddress = (subnet: Subnet): string => addressText(wholeRange(subnet).last);

/** Whether an address belongs to the network; its first and last address do not count. */
export const isInSubnet = (address: string, subnet: Subnet): boolean => {
  const { first, last } = wholeRange(subnet);
  const number = addressNumber(address);
  return number > first && number < last;
};

const mostByDefault = 2 ** 16;

/** The upper half of a network, without its broadcast address; of a very large one its last 65,536 addresses. */
export const upperHalf = (subnet: Subnet): Range => {
  const { first, last } = wholeRange(subnet);
  return { first: Math.max(first + Math.ceil((last - first) / 2), last - mostByDefault), last: last - 1 };
};
