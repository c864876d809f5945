import { createSocket, type Socket } from 'node:dgram';
import { portUnavailable } from '../port-unavailable.ts';
import { AF_INET, c, lastError, SOCK_DGRAM } from './libc.ts';

const SOCK_NONBLOCK_CLOEXEC = 0o2004000;
const SOL_SOCKET = 1;
const SO_BROADCAST = 6;
const SO_BINDTODEVICE = 25;

/** struct sockaddr_in for 0.0.0.0; the family is in the machine's byte order, the port in the network's. */
const anyAddress = (port: number): Buffer => {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt16LE(AF_INET, 0);
  bytes.writeUInt16BE(port, 2);
  return bytes;
};

const openDescriptor = (interfaceName: string, port: number): number => {
  const fd: number = c.socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK_CLOEXEC, 0);
  const check = (result: number): void => {
    if (result >= 0) return;
    const errno = lastError();
    if (fd >= 0) c.close(fd);
    throw portUnavailable(`UDP port ${port} on ${interfaceName}`, errno);
  };
  check(fd);
  const one = Buffer.from([1, 0, 0, 0]);
  const name = Buffer.from(`${interfaceName}\0`, 'latin1');
  check(c.setsockopt(fd, SOL_SOCKET, SO_BROADCAST, one, one.length));
  check(c.setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, name.length));
  const address = anyAddress(port);
  check(c.bind(fd, address, address.length));
  return fd;
};

/**
 * A UDP socket that hears the broadcasts of one interface only and sends its own there, default route or not: Node's dgram has no SO_BINDTODEVICE.
 * The address is not shared (no SO_REUSEADDR): beside another DHCP server on the same machine each would get half of the unicast
 * packets. Throws PORT_UNAVAILABLE.
 */
export const bindToInterface = (interfaceName: string, port: number): Promise<Socket> => {
  const fd = openDescriptor(interfaceName, port);
  return new Promise((resolve, reject) => {
    const socket = createSocket({ type: 'udp4', lookup: (host, _options, done) => done(null, host, 4) });
    socket.once('error', reject);
    socket.bind({ fd }, () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
};
