import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { decodeTftp, encodeTftp } from '../../../src/wire/tftp/packet.ts';
import type { Target } from './campaign.ts';
import { mutated, tftpMutations } from './mutate.ts';
import { Random } from './random.ts';
import { followUpCorpus, request, requestCorpus } from './tftp-corpus.ts';

export interface TftpTargetOptions {
  /** The server's. */
  address: string;
  port: number;
  /** Ours: one of 32 that send mutated packets (0 to 31), or the sound one (32). */
  clientAddress(number: number): string;
  /** A file that is there, of several blocks, and its content. */
  file: { name: string; content: Buffer };
  seed: number;
  /** Hands a datagram to the server's port as if this client had sent it. */
  hand(packet: Buffer, client: { address: string; port: number }, socket: Socket): void;
}

const answerWithinMs = 10_000;
const askAgainMs = 500;
const abort = encodeTftp({ kind: 'ERROR', code: 0, message: 'enough' });
const clientCount = 32;

const openClient = async (address: string): Promise<Socket> => {
  // Addresses are never names here: without the resolver a packet leaves at once, before the socket is closed.
  const socket = createSocket({ type: 'udp4', lookup: (host, _options, done) => done(null, host, 4) });
  const listening = once(socket, 'listening');
  socket.bind(0, address);
  await listening;
  return socket;
};

/** The blocks of a file, in order, each acknowledged. Throws when the server does not send it. */
const receive = async (socket: Socket, signal: AbortSignal): Promise<Buffer> => {
  const blocks: Buffer[] = [];
  for (;;) {
    const [bytes, { port, address }] = (await once(socket, 'message', { signal })) as [Buffer, RemoteInfo];
    const packet = decodeTftp(bytes);
    if (packet.kind !== 'DATA') throw new Error(`the server sent ${packet.kind}`);
    if (packet.block === blocks.length + 1) blocks.push(packet.data);
    socket.send(encodeTftp({ kind: 'ACK', block: packet.block }), port, address);
    if (packet.data.length < 512) return Buffer.concat(blocks);
  }
};

/** Fetches the file as a sound client, from a port of its own; asks again until the first answer, as all do. */
const fetchFile = async ({ address, port, file, clientAddress }: TftpTargetOptions): Promise<boolean> => {
  const socket = await openClient(clientAddress(clientCount));
  const ask = () => socket.send(encodeTftp(request(file.name)), port, address);
  const repeat = setInterval(ask, askAgainMs);
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), answerWithinMs);
  socket.once('message', () => clearInterval(repeat));
  ask();
  try {
    return (await receive(socket, patience.signal)).equals(file.content);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
    clearInterval(repeat);
    socket.close();
  }
};

/**
 * Port 69 and the transfers behind it. Mutated requests come from 32 clients; whoever is sent a file answers with mutated packets, a stranger
 * joins in, and at last the transfer is aborted. Sound: a file is fetched whole.
 */
export const tftpTarget = async (options: TftpTargetOptions): Promise<Target & { close(): void }> => {
  const random = new Random(options.seed);
  const { address, port } = options;
  const open = (number: number) => openClient(options.clientAddress(number));
  const clients = await Promise.all(Array.from({ length: clientCount }, (_, number) => open(number)));
  const followUps = followUpCorpus();
  let transfers = 0;
  const followUp = (socket: Socket, to: number): void =>
    socket.send(mutated(random, followUps, tftpMutations), to, address);
  for (const socket of clients) {
    let met = 0;
    socket.on('message', (_bytes, source) => {
      if (source.port === port || source.port === met) return;
      met = source.port;
      transfers += 1;
      followUp(socket, source.port);
      followUp(random.pick(clients), source.port);
      followUp(socket, source.port);
      socket.send(abort, source.port, address);
    });
  }
  let count = 0;
  return {
    corpus: requestCorpus(options.file.name),
    mutations: tftpMutations,
    deliver(packet) {
      count += 1;
      const socket = clients[count % clientCount] as Socket;
      options.hand(packet, socket.address(), socket);
    },
    answers: () => fetchFile(options),
    faults: () => [],
    replies: () => transfers,
    close() {
      for (const socket of clients) socket.close();
    },
  };
};
