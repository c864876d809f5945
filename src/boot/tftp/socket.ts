import { createSocket, type Socket } from 'node:dgram';
import { portUnavailable } from '../port-unavailable.ts';

/** A UDP socket for one of our addresses. Throws PORT_UNAVAILABLE. */
export const openSocket = (address: string, port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    // Addresses are never names here: without the resolver a packet leaves at once.
    const socket = createSocket({ type: 'udp4', lookup: (host, _options, done) => done(null, host, 4) });
    const refuse = (error: NodeJS.ErrnoException & { errno?: number }) =>
      reject(portUnavailable(`UDP port ${port} on ${address}`, error.errno ?? 0, error));
    socket.once('error', refuse);
    socket.bind({ address, port, exclusive: true }, () => {
      socket.off('error', refuse);
      resolve(socket);
    });
  });
