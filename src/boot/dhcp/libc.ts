import koffi from 'koffi';

/** The few calls of the C library that Node does not offer: sockets of one interface. Linux, little-endian. */
export const AF_INET = 2;
export const SOCK_DGRAM = 2;

const library = koffi.load(null);

/** Each returns a negative number on failure; `lastError` tells why. */
export const c = {
  socket: library.func('int socket(int domain, int type, int protocol)'),
  setsockopt: library.func('int setsockopt(int fd, int level, int name, void *value, unsigned int length)'),
  bind: library.func('int bind(int fd, void *address, unsigned int length)'),
  ioctl: library.func('int ioctl(int fd, unsigned long request, _Inout_ void *argument)'),
  close: library.func('int close(int fd)'),
};

/** The error number of the last failed call. */
export const lastError = (): number => koffi.errno();
