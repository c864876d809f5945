import type { RemoteInfo, Socket } from 'node:dgram';
import { EventEmitter } from 'node:events';
import type { Place } from '../../../src/boot/network/descriptor.ts';
import { ownSockets, type Sockets } from '../../../src/boot/network/sockets.ts';

type Sent = (bytes: Buffer) => void;

/** A UDP socket without a network: what is sent is handed to `onSent`, what comes is what `hear` is given. */
export class PaperSocket extends EventEmitter {
  readonly place: Place;
  readonly #onSent: Sent;

  constructor(place: Place, onSent: Sent) {
    super();
    this.place = place;
    this.#onSent = onSent;
  }

  hear(bytes: Buffer, address: string, port: number): void {
    const source: RemoteInfo = { address, port, family: 'IPv4', size: bytes.length };
    this.emit('message', bytes, source);
  }

  /** Refuses what Node's own refuses. */
  send(bytes: Buffer, port: number, _address: string, done?: (error: Error | null) => void): void {
    if (!(port > 0 && port < 65_536)) throw new RangeError(`port ${port}`);
    this.#onSent(bytes);
    if (done) queueMicrotask(() => done(null));
  }

  setRecvBufferSize(): void {}

  address() {
    return { ...this.place, family: 'IPv4' };
  }

  close(done?: () => void): void {
    if (done) queueMicrotask(done);
  }
}

/** Paper sockets but for TFTP, which has a real one on any port, as a transfer is a conversation. */
export const paperSockets = (tftpPort: number) => {
  const paper: PaperSocket[] = [];
  const listeners = new Set<Sent>();
  let tftp: Socket | undefined;
  const sockets: Sockets = {
    async udp(place) {
      if (place.port === tftpPort) {
        tftp = await ownSockets.udp({ address: place.address, port: 0 });
        return tftp;
      }
      const socket = new PaperSocket(place, (bytes) => {
        for (const listener of listeners) listener(bytes);
      });
      paper.push(socket);
      return socket as unknown as Socket;
    },
    tcp: async () => {},
    isHeardBroadly: () => false,
  };
  const at = (port: number, address: string): PaperSocket => {
    const socket = paper.find(({ place }) => place.port === port && place.address === address);
    if (!socket) throw new Error(`nobody listens on ${address} port ${port}`);
    return socket;
  };
  return {
    sockets,
    /** Each sees all that is sent. */
    listeners,
    broadcast: (port: number) => at(port, '255.255.255.255'),
    unicast: (port: number) => at(port, '127.0.0.1'),
    get tftp(): Socket {
      if (!tftp) throw new Error('nobody listens for TFTP');
      return tftp;
    },
  };
};
