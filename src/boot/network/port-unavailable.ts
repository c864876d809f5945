import { constants } from 'node:os';
import { GreifError } from '../../core/errors.ts';

const { EADDRINUSE, EADDRNOTAVAIL, EACCES, EPERM } = constants.errno;
const needsRights =
  'that needs root, or the capabilities CAP_NET_BIND_SERVICE and CAP_NET_RAW, or sockets from systemd (docs/network.md)';

const remedies: Partial<Record<number, string>> = {
  [EADDRINUSE]:
    'another program has it (find it with: ss -tulpn); stop that program, or choose another port or interface',
  [EADDRNOTAVAIL]: 'the address is not one of this machine',
  [EACCES]: needsRights,
  [EPERM]: needsRights,
};

/** The one line that an operator needs when a port cannot be had. `errno` of either sign. */
export const portUnavailable = (what: string, errno: number, cause?: unknown): GreifError => {
  const number = Math.abs(errno);
  return new GreifError(
    'PORT_UNAVAILABLE',
    `${what} cannot be opened: ${remedies[number] ?? `the system says error ${number}`}`,
    { cause },
  );
};
