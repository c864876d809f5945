import { MalformedPacket } from '../../wire/reader.ts';
import { decodeTftp, encodeTftp, type TftpPacket, writeDataHeader } from '../../wire/tftp/packet.ts';
import { socketAddress } from '../network/descriptor.ts';
import { BlockReader, type Blocks } from './block-reader.ts';
import { byteSource, type Content } from './byte-source.ts';
import type { Datagrams } from './datagram-socket.ts';
import type { Terms } from './negotiate.ts';
import { NetasciiReader } from './netascii-reader.ts';
import { RetryClock } from './retry-clock.ts';
import { Window } from './window.ts';

export interface Peer {
  address: string;
  port: number;
}

export interface TransferOrder {
  peer: Peer;
  content: Content;
  terms: Terms;
}

/** How a transfer ended. `aborted`: the client wanted no more; EDK2 does so after it has learnt the size. */
export interface Ending {
  outcome: 'sent' | 'aborted' | 'timed out' | 'failed' | 'stopped';
  reason?: string;
}

const dataHeaderBytes = 4;
/** One for all: a window is laid out and sent before anything else happens. Larger than any datagram. */
const outgoing = Buffer.allocUnsafeSlow(64 * 1024);
const incoming = Buffer.allocUnsafeSlow(2048);

const decode = (bytes: Buffer): TftpPacket | undefined => {
  try {
    return decodeTftp(bytes);
  } catch (fault) {
    if (fault instanceof MalformedPacket) return undefined;
    throw fault;
  }
};

const blocksOf = ({ content, terms }: TransferOrder): Blocks => {
  const source = byteSource(content);
  return terms.mode === 'octet'
    ? new BlockReader(source, terms.blksize)
    : new NetasciiReader(source, terms.blksize);
};

/** One file on its way to one client, on a socket of its own (RFC 1350 section 4), which it closes. All times are milliseconds of one clock. */
export class Transfer {
  readonly address: string;
  readonly #socket: Datagrams;
  readonly #peer: Buffer;
  readonly #terms: Terms;
  readonly #blocks: Blocks;
  readonly #window: Window;
  readonly #clock: RetryClock;
  /** The first block of the window that found no room yet. */
  #waiting: number | undefined;
  #ending: Ending | undefined;
  #isHeard = false;

  constructor(socket: Datagrams, order: TransferOrder) {
    const { peer, terms } = order;
    this.address = peer.address;
    this.#socket = socket;
    this.#peer = socketAddress(peer);
    this.#terms = terms;
    this.#blocks = blocksOf(order);
    this.#window = new Window(terms.windowsize, terms.accepted.size > 0);
    this.#clock = new RetryClock(terms.timeoutSeconds);
    // A datagram of our own that is no block must never be cut: 512 bytes are more than any OACK or ERROR has.
    if (terms.windowsize > 1 && terms.blksize >= 512) socket.cutInto(dataHeaderBytes + terms.blksize);
  }

  /** Set when it is over. */
  get ending(): Ending | undefined {
    return this.#ending;
  }

  /** When to call `expire`. */
  get deadline(): number {
    return this.#clock.deadline;
  }

  /** Wants to be called when the socket has room. */
  get isWaitingForRoom(): boolean {
    return this.#waiting !== undefined;
  }

  /** Sends the first packet, or what is next. */
  start(now: number): void {
    this.#clock.start(now);
    this.#send();
  }

  /** The socket has a datagram for us, or room for ours. */
  proceed(now: number): void {
    const length = this.#socket.receive(incoming);
    if (length >= 0) this.#receive(incoming.subarray(0, length), now);
    if (this.#waiting !== undefined && !this.#ending) this.#sendFrom(this.#waiting);
  }

  expire(now: number): void {
    if (this.#clock.expire(now) === 'give up')
      this.end({
        outcome: 'timed out',
        reason: this.#isHeard ? 'its acknowledgements stopped' : 'no acknowledgement ever came',
      });
    else this.#send();
  }

  end(ending: Ending): void {
    if (this.#ending) return;
    this.#ending = ending;
    this.#socket.close();
  }

  /** Ends because of a fault of ours, which the client is told. */
  fail(cause: unknown): void {
    this.#reply({ kind: 'ERROR', code: 0, message: 'the server could not read the file' }, this.#peer);
    this.end({ outcome: 'failed', reason: String(cause) });
  }

  /** The whole window, or the OACK before the first. */
  #send(): void {
    if (this.#window.awaitsOack) this.#reply({ kind: 'OACK', options: this.#terms.accepted }, this.#peer);
    else this.#sendFrom(this.#window.next.first);
  }

  #sendFrom(start: number): void {
    const { first, last: wanted } = this.#window.next;
    this.#waiting = undefined;
    this.#blocks.load(first, wanted);
    const last = Math.min(wanted, this.#blocks.last);
    const datagramBytes = dataHeaderBytes + this.#terms.blksize;
    let block = Math.max(first, start);
    while (block <= last) {
      const atOnce = this.#socket.datagramsAtOnce(datagramBytes);
      const end = Math.min(block + atOnce - 1, last);
      const result = this.#socket.send(outgoing, this.#layOut(block, end), this.#peer);
      if (result === 'full') {
        this.#waiting = block;
        return;
      }
      // The kernel may cut no more: then the same blocks go singly. A single one that fails counts as lost.
      if (result === 'failed' && atOnce > 1) continue;
      this.#window.sent(end);
      block = end + 1;
    }
  }

  /** Puts the datagrams of these blocks one behind the other, as they go onto the wire. Returns their length. */
  #layOut(first: number, last: number): number {
    let at = 0;
    for (let block = first; block <= last; block++) {
      at = writeDataHeader(block & 0xffff, outgoing, at);
      at += this.#blocks.copy(block, outgoing, at);
    }
    return at;
  }

  #reply(packet: TftpPacket, to: Buffer): void {
    const bytes = encodeTftp(packet);
    this.#socket.send(bytes, bytes.length, to);
  }

  #receive(bytes: Buffer, now: number): void {
    const { sender } = this.#socket;
    // Port 0 cannot be answered; only a forged packet has it.
    if (sender.readUInt16BE(2) === 0) return;
    if (!sender.subarray(0, 8).equals(this.#peer.subarray(0, 8))) {
      // RFC 1350 section 4: a stranger gets an error, the transfer goes on.
      this.#reply({ kind: 'ERROR', code: 5, message: 'unknown transfer id' }, sender);
      return;
    }
    const packet = decode(bytes);
    if (packet?.kind === 'ACK') this.#acknowledge(packet.block, now);
    else if (packet?.kind === 'ERROR')
      this.end({ outcome: 'aborted', reason: `${packet.code} ${packet.message}`.trim() });
  }

  #acknowledge(number: number, now: number): void {
    if (!this.#window.acknowledge(number)) return;
    this.#isHeard = true;
    this.#clock.answered(now);
    if (this.#window.acknowledged === this.#blocks.last) this.end({ outcome: 'sent' });
    else this.start(now);
  }
}
