/** An IPv4 address as a number, for arithmetic. */
export const addressNumber = (address: string): number =>
  address.split('.').reduce((number, part) => number * 256 + Number(part), 0);

export const addressText = (number: number): string =>
  [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.');

/** An address of our own and its network. */
export interface Subnet {
  address: string;
  netmask: string;
}

const bounds = ({ address, netmask }: Subnet): { first: number; last: number } => {
  const mask = addressNumber(netmask);
  const first = (addressNumber(address) & mask) >>> 0;
  return { first, last: (first | ~mask) >>> 0 };
};

export const broadcastAddress = (subnet: Subnet): string => addressText(bounds(subnet).last);

/** Whether an address belongs to the network; its first and last address do not count. */
export const isInSubnet = (address: string, subnet: Subnet): boolean => {
  const { first, last } = bounds(subnet);
  const number = addressNumber(address);
  return number > first && number < last;
};

/** The upper half of a network, without its broadcast address. */
export const upperHalf = (subnet: Subnet): { first: string; last: string } => {
  const { first, last } = bounds(subnet);
  return { first: addressText(first + Math.ceil((last - first) / 2)), last: addressText(last - 1) };
};
