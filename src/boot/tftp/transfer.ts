import type { RemoteInfo, Socket } from 'node:dgram';
import type { Log } from '../../core/log.ts';
import { MalformedPacket } from '../../wire/reader.ts';
import { dataHeader, decodeTftp, encodeTftp, type TftpPacket } from '../../wire/tftp/packet.ts';
import type { BootFile } from '../boot-folder.ts';
import { BlockReader } from './block-reader.ts';
import type { Terms } from './negotiate.ts';
import { RetryTimer } from './retry-timer.ts';
import { Window } from './window.ts';

export interface Peer {
  address: string;
  port: number;
}

/** How a transfer ended. `aborted`: the client wanted no more; EDK2 does so after it has learnt the size. */
export type Outcome = 'sent' | 'aborted' | 'timed out' | 'failed' | 'stopped';

const decode = (bytes: Buffer): TftpPacket | undefined => {
  try {
    return decodeTftp(bytes);
  } catch (fault) {
    if (fault instanceof MalformedPacket) return undefined;
    throw fault;
  }
};

/** One file on its way to one client, on a socket of its own (RFC 1350 section 4). */
export class Transfer {
  readonly done: Promise<Outcome>;
  readonly #socket: Socket;
  readonly #peer: Peer;
  readonly #terms: Terms;
  readonly #reader: BlockReader;
  readonly #window: Window;
  readonly #timer: RetryTimer;
  readonly #log: Log;
  #isOver = false;
  #resolve: (outcome: Outcome) => void = () => {};

  /** Takes over the socket and closes it in the end; the file stays its opener's. */
  constructor(socket: Socket, peer: Peer, file: BootFile, terms: Terms, log: Log) {
    this.#socket = socket;
    this.#peer = peer;
    this.#terms = terms;
    this.#log = log;
    this.#reader = new BlockReader(file, terms.blksize);
    this.#window = new Window(this.#reader.last, terms.windowsize, terms.accepted.size > 0);
    this.#timer = new RetryTimer(
      terms.timeoutSeconds,
      () => void this.#send(),
      () => this.#end('timed out'),
    );
    this.done = new Promise<Outcome>((resolve) => {
      this.#resolve = resolve;
    });
    socket.on('message', (bytes, source) => this.#receive(bytes, source));
    socket.on('error', (error) => this.#fail(error));
    this.#sendNew();
  }

  stop(): void {
    this.#end('stopped');
  }

  #end(outcome: Outcome): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timer.stop();
    this.#socket.close();
    this.#resolve(outcome);
  }

  #fail(cause: unknown): void {
    if (this.#isOver) return;
    this.#log.warn('a TFTP transfer failed', { reason: String(cause) });
    this.#reply({ kind: 'ERROR', code: 0, message: 'the server could not read the file' }, this.#peer);
    this.#end('failed');
  }

  #sendNew(): void {
    this.#timer.start();
    void this.#send();
  }

  /** The whole window, or the OACK before the first. */
  async #send(): Promise<void> {
    if (this.#window.awaitsOack)
      return this.#reply({ kind: 'OACK', options: this.#terms.accepted }, this.#peer);
    const { first, last } = this.#window.next;
    try {
      await this.#reader.load(first, last);
    } catch (cause) {
      return this.#fail(cause);
    }
    if (this.#isOver) return;
    for (let block = first; block <= last; block++) this.#sendBlock(block);
  }

  #sendBlock(block: number): void {
    this.#window.sent(block);
    const { address, port } = this.#peer;
    this.#socket.send([dataHeader(block & 0xffff), this.#reader.block(block)], port, address);
  }

  #reply(packet: TftpPacket, { address, port }: Peer): void {
    this.#socket.send(encodeTftp(packet), port, address);
  }

  #receive(bytes: Buffer, source: RemoteInfo): void {
    // Port 0 cannot be answered; only a forged packet has it.
    if (source.port === 0) return;
    if (source.port !== this.#peer.port || source.address !== this.#peer.address) {
      // RFC 1350 section 4: a stranger gets an error, the transfer goes on.
      this.#reply({ kind: 'ERROR', code: 5, message: 'unknown transfer id' }, source);
      return;
    }
    const packet = decode(bytes);
    if (packet?.kind === 'ACK') this.#acknowledge(packet.block);
    else if (packet?.kind === 'ERROR') this.#abort(packet.code, packet.message);
    else this.#log.debug('a stray TFTP packet was dropped', { kind: packet?.kind ?? 'malformed' });
  }

  #acknowledge(number: number): void {
    if (!this.#window.acknowledge(number)) return;
    this.#timer.stop();
    if (this.#window.isDone) this.#end('sent');
    else this.#sendNew();
  }

  #abort(code: number, message: string): void {
    this.#log.debug('the client ended a TFTP transfer', { code, reason: message });
    this.#end('aborted');
  }
}
