import { networkInterfaces } from 'node:os';
import { GreifError } from '../../core/errors.ts';
import { decodeAddress } from '../../wire/dhcp/address.ts';
import { AF_INET, c, SOCK_DGRAM } from './libc.ts';
import type { Subnet } from './subnet.ts';

const SIOCGIFADDR = 0x8915;
const SIOCGIFNETMASK = 0x891b;
/** struct ifreq: the name in 16 bytes, then a struct sockaddr_in with the address 4 bytes in. */
const ifreqLength = 40;
const addressAt = 20;

const ask = (fd: number, request: number, interfaceName: string): string | undefined => {
  const ifreq = Buffer.alloc(ifreqLength);
  ifreq.write(interfaceName, 0, 15, 'latin1');
  if (c.ioctl(fd, request, ifreq) < 0) return undefined;
  return decodeAddress(ifreq.subarray(addressAt, addressAt + 4));
};

/**
 * The first IPv4 address of a network interface. The kernel is asked, as `os.networkInterfaces` hides an interface whose cable is not
 * plugged in yet. Throws CONFIG_INVALID when there is no address, or no such interface.
 */
export const interfaceSubnet = (name: string): Subnet => {
  const fd: number = c.socket(AF_INET, SOCK_DGRAM, 0);
  try {
    const address = ask(fd, SIOCGIFADDR, name);
    const netmask = ask(fd, SIOCGIFNETMASK, name);
    if (address !== undefined && netmask !== undefined) return { address, netmask };
  } finally {
    c.close(fd);
  }
  const others = Object.keys(networkInterfaces()).filter((other) => other !== 'lo');
  throw new GreifError(
    'CONFIG_INVALID',
    `there is no interface ${name}, or it has no IPv4 address: give it one (ip address add …), or use one of: ${others.join(', ') || 'none has an address'}`,
  );
};
