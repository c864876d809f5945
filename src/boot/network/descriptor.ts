import { encodeAddress } from '../../wire/dhcp/address.ts';
import { AF_INET, c, lastError, SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET } from './libc.ts';
import { portUnavailable } from './port-unavailable.ts';

const SOCK_NONBLOCK_CLOEXEC = 0o2004000;
const SO_REUSEADDR = 2;
const SO_BINDTODEVICE = 25;

export type Transport = 'udp' | 'tcp';

/** Where a socket listens. */
export interface Place {
  /** One of our addresses, or a broadcast address, which hears nothing but broadcasts. */
  address: string;
  /** 0: any. */
  port: number;
  /** Hears what comes in on this interface only and sends there, whatever the routing table says. */
  device?: string | undefined;
}

export const placeText = (transport: Transport, { address, port, device }: Place): string =>
  `${transport.toUpperCase()} port ${port} on ${device ?? address}`;

/** struct sockaddr_in; the family is in the machine's byte order, the port in the network's. */
export const socketAddress = ({ address, port }: Place): Buffer => {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt16LE(AF_INET, 0);
  bytes.writeUInt16BE(port, 2);
  bytes.set(encodeAddress(address), 4);
  return bytes;
};

const on = Buffer.from([1, 0, 0, 0]);

/**
 * A bound descriptor of our own. A UDP address is not shared (no SO_REUSEADDR): beside another DHCP server on the same machine each would get half of
 * the packets. A TCP one only outlives its connections. Throws PORT_UNAVAILABLE.
 */
export const openDescriptor = (transport: Transport, place: Place): number => {
  const type = transport === 'udp' ? SOCK_DGRAM : SOCK_STREAM;
  const fd: number = c.socket(AF_INET, type | SOCK_NONBLOCK_CLOEXEC, 0);
  const check = (result: number): void => {
    if (result >= 0) return;
    const errno = lastError();
    if (fd >= 0) c.close(fd);
    throw portUnavailable(placeText(transport, place), errno);
  };
  const set = (name: number, value: Buffer) => check(c.setsockopt(fd, SOL_SOCKET, name, value, value.length));
  check(fd);
  if (transport === 'tcp') set(SO_REUSEADDR, on);
  if (place.device !== undefined) set(SO_BINDTODEVICE, Buffer.from(`${place.device}\0`, 'latin1'));
  const address = socketAddress(place);
  check(c.bind(fd, address, address.length));
  return fd;
};

/** What a descriptor is, asked of the kernel; `undefined` for what is no IPv4 socket. */
export const describeDescriptor = (fd: number): ({ transport: Transport } & Place) | undefined => {
  const SO_TYPE = 3;
  const option = (name: number, length: number): Buffer => {
    const value = Buffer.alloc(length);
    const size = [length];
    return c.getsockopt(fd, SOL_SOCKET, name, value, size) < 0 ? Buffer.alloc(0) : value.subarray(0, size[0]);
  };
  const type = option(SO_TYPE, 4);
  const address = Buffer.alloc(16);
  if (type.length < 4 || c.getsockname(fd, address, [16]) < 0) return undefined;
  if (address.readUInt16LE(0) !== AF_INET) return undefined;
  const device = option(SO_BINDTODEVICE, 16).toString('latin1').replace(/\0.*$/s, '');
  return {
    transport: type.readInt32LE(0) === SOCK_STREAM ? 'tcp' : 'udp',
    address: [...address.subarray(4, 8)].join('.'),
    port: address.readUInt16BE(2),
    device: device === '' ? undefined : device,
  };
};
