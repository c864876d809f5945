import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Server } from 'node:net';
import { openDescriptor, type Place, placeText, type Transport } from './descriptor.ts';
import { portUnavailable } from './port-unavailable.ts';

/** Where the boot services get their sockets from. Both throw PORT_UNAVAILABLE. */
export interface Sockets {
  udp(place: Place): Promise<Socket>;
  /** Makes a server listen there. */
  tcp(place: Place, server: Server): Promise<void>;
}

/** Sockets over descriptors that `open` has bound. Node's own have no SO_BINDTODEVICE. */
export const socketsOver = (open: (transport: Transport, place: Place) => number): Sockets => ({
  async udp(place) {
    const fd = open('udp', place);
    // Addresses are never names here: without the resolver a packet leaves at once.
    const socket = createSocket({ type: 'udp4', lookup: (host, _options, done) => done(null, host, 4) });
    const listening = once(socket, 'listening');
    socket.bind({ fd });
    await listening;
    return socket;
  },
  async tcp(place, server) {
    server.listen({ fd: open('tcp', place) });
    await once(server, 'listening').catch((cause) => {
      throw portUnavailable(placeText('tcp', place), cause.errno, cause);
    });
  },
});

export const ownSockets: Sockets = socketsOver(openDescriptor);
