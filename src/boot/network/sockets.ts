import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Server } from 'node:net';
import { openDescriptor, type Place, placeText, type Transport } from './descriptor.ts';
import { portUnavailable } from './port-unavailable.ts';

/** A building is switched on at once: Node's 511 waiting connections would make the others try again after a second. The kernel may allow fewer. */
const connectionBacklog = 4096;

/** Where the boot services get their sockets from. Both throw PORT_UNAVAILABLE. */
export interface Sockets {
  udp(place: Place): Promise<Socket>;
  /** Makes a server listen there. */
  tcp(place: Place, server: Server): Promise<void>;
  /** Whether the UDP socket for 255.255.255.255 hears this place as well. */
  isHeardBroadly(place: Place): boolean;
}

/** Binds a descriptor, and says what is to be done once it is closed. */
type OpenDescriptor = (transport: Transport, place: Place) => [fd: number, closed: () => void];

/** Sockets over descriptors that `open` has bound. Node's own have no SO_BINDTODEVICE. */
export const socketsOver = (open: OpenDescriptor): Sockets => ({
  async udp(place) {
    const [fd, closed] = open('udp', place);
    // Addresses are never names here: without the resolver a packet leaves at once.
    const socket = createSocket({ type: 'udp4', lookup: (host, _options, done) => done(null, host, 4) });
    const listening = once(socket, 'listening');
    socket.bind({ fd });
    await listening;
    socket.setBroadcast(true);
    return socket.once('close', closed);
  },
  async tcp(place, server) {
    const [fd, closed] = open('tcp', place);
    server.listen({ fd, backlog: connectionBacklog }).once('close', closed);
    await once(server, 'listening').catch((cause) => {
      throw portUnavailable(placeText('tcp', place), cause.errno, cause);
    });
  },
  isHeardBroadly: () => false,
});

export const ownSockets: Sockets = socketsOver((transport, place) => [
  openDescriptor(transport, place),
  () => {},
]);
