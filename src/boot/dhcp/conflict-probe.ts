import { createSocket } from 'node:dgram';
import { neighbourMac } from '../network/neighbours.ts';

/** The discard service: hardly anybody has it, so the host says that it does not, and says by that that it is there. */
const discardPort = 9;

/** Who uses an address: a MAC, or `a host` behind a router; `undefined` when nobody was noticed. */
export type ConflictProbe = (address: string) => Promise<string | undefined>;

/**
 * Asks without any rights: a datagram makes the kernel look for the address by ARP, and whoever has it there answers, whatever its firewall says. Behind a
 * router only an ICMP answer tells. An entry that the kernel had before proves nothing: it may be of the address's former client.
 */
export const conflictProbe =
  (waitMs: number): ConflictProbe =>
  (address) =>
    new Promise((resolve) => {
      const known = neighbourMac(address);
      const socket = createSocket('udp4');
      const end = (user: string | undefined): void => {
        clearTimeout(timer);
        socket.removeAllListeners().on('error', () => {});
        socket.close();
        resolve(user);
      };
      const newNeighbour = () => (known === undefined ? neighbourMac(address) : undefined);
      const timer = setTimeout(() => end(newNeighbour()), waitMs);
      socket.on('error', ({ code }: NodeJS.ErrnoException) =>
        end(code === 'ECONNREFUSED' ? (neighbourMac(address) ?? 'a host') : undefined),
      );
      socket.connect(discardPort, address, () => socket.send(''));
    });
