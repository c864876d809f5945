import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { ExecutionContext } from 'ava';
import { decodeTftp, encodeTftp, type TftpPacket } from '../../src/wire/tftp/packet.ts';

export interface Received {
  packet: TftpPacket;
  port: number;
}

/** A TFTP client that does only what it is told, and may misbehave. */
export interface RawClient {
  send(packet: TftpPacket | Buffer, port: number): void;
  /** As `send`; resolves when the kernel has it. */
  sent(packet: TftpPacket, port: number): Promise<void>;
  /** The next packet, in order of arrival. */
  next(): Promise<Received>;
  /** How many packets wait to be read. */
  readonly waiting: number;
}

export const rawClient = async (t: ExecutionContext, address = '127.0.0.1'): Promise<RawClient> => {
  const socket = createSocket('udp4');
  const inbox: Received[] = [];
  socket.on('message', (bytes, { port }) => {
    inbox.push({ packet: decodeTftp(bytes), port });
    socket.emit('arrival');
  });
  socket.bind(0, address);
  await once(socket, 'listening');
  t.teardown(() => socket.close());
  return {
    send: (packet, port) =>
      socket.send(Buffer.isBuffer(packet) ? packet : encodeTftp(packet), port, '127.0.0.1'),
    sent: (packet, port) =>
      new Promise((resolve) => socket.send(encodeTftp(packet), port, '127.0.0.1', () => resolve())),
    async next() {
      for (;;) {
        const first = inbox.shift();
        if (first) return first;
        await once(socket, 'arrival');
      }
    },
    get waiting() {
      return inbox.length;
    },
  };
};

export const readRequest = (filename: string, options: Record<string, string> = {}): TftpPacket => ({
  kind: 'RRQ',
  filename,
  mode: 'octet',
  options: new Map(Object.entries(options)),
});

export const ack = (block: number): TftpPacket => ({ kind: 'ACK', block });
