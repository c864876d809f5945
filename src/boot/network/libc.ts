import koffi from 'koffi';

/** The few calls of the C library that Node does not offer: sockets of one interface, who has which address, and sending without a queue. Linux, little-endian. */
export const AF_INET = 2;
export const AF_PACKET = 17;
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOL_SOCKET = 1;

const library = koffi.load(null);

/** Each returns a negative number on failure; `lastError` tells why. */
export const c = {
  socket: library.func('int socket(int domain, int type, int protocol)'),
  setsockopt: library.func('int setsockopt(int fd, int level, int name, void *value, unsigned int length)'),
  getsockopt: library.func(
    'int getsockopt(int fd, int level, int name, _Inout_ void *value, _Inout_ unsigned int *length)',
  ),
  getsockname: library.func('int getsockname(int fd, _Inout_ void *address, _Inout_ unsigned int *length)'),
  bind: library.func('int bind(int fd, void *address, unsigned int length)'),
  sendto: library.func(
    'long sendto(int fd, void *bytes, size_t length, int flags, void *address, unsigned int addressLength)',
  ),
  recvfrom: library.func(
    'long recvfrom(int fd, void *bytes, size_t length, int flags, void *address, void *addressLength)',
  ),
  sched_yield: library.func('int sched_yield()'),
  read: library.func('long read(int fd, void *bytes, size_t length)'),
  write: library.func('long write(int fd, void *bytes, size_t length)'),
  eventfd: library.func('int eventfd(unsigned int count, int flags)'),
  epoll_create1: library.func('int epoll_create1(int flags)'),
  epoll_ctl: library.func('int epoll_ctl(int epoll, int operation, int fd, void *event)'),
  epoll_wait: library.func('int epoll_wait(int epoll, void *events, int count, int timeoutMs)'),
  dup: library.func('int dup(int fd)'),
  close: library.func('int close(int fd)'),
};

/** The error number of the last failed call. */
export const lastError = (): number => koffi.errno();

const ifaddrs = koffi.struct('ifaddrs', {
  next: 'void *',
  name: 'char *',
  flags: 'unsigned int',
  address: 'void *',
  netmask: 'void *',
  broadcast: 'void *',
  data: 'void *',
});
const getifaddrs = library.func('int getifaddrs(_Out_ void **list)');
const freeifaddrs = library.func('void freeifaddrs(void *list)');

/** An entry of getifaddrs(3): the bytes of its socket addresses. */
export interface InterfaceAddress {
  name: string;
  flags: number;
  address: Buffer | undefined;
  netmask: Buffer | undefined;
}

/** Types of koffi's are for ever: one made at each call would fill the memory. */
const bytesOf = (length: number) => koffi.array('uint8', length, 'Typed');
/** What is read of a socket address: struct sockaddr_ll has its hardware address up to byte 18, struct sockaddr_in its address up to 8. */
const addressBytes = bytesOf(18);
const netmaskBytes = bytesOf(8);

const sockaddr = (pointer: unknown, type: typeof addressBytes): Buffer | undefined =>
  pointer ? Buffer.from(koffi.decode(pointer, type)) : undefined;

/** All interfaces with their addresses, also those whose cable is not plugged in, which `os.networkInterfaces` hides. */
export const interfaceAddresses = (): InterfaceAddress[] => {
  const list: [unknown] = [null];
  if (getifaddrs(list) < 0) throw new Error(`getifaddrs: error ${lastError()}`);
  const found: InterfaceAddress[] = [];
  try {
    for (let at = list[0]; at; ) {
      const { next, name, flags, address, netmask } = koffi.decode(at, ifaddrs);
      found.push({
        name,
        flags,
        address: sockaddr(address, addressBytes),
        netmask: sockaddr(netmask, netmaskBytes),
      });
      at = next;
    }
  } finally {
    freeifaddrs(list[0]);
  }
  return found;
};
