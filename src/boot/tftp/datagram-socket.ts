import { constants } from 'node:os';
import { openDescriptor, socketAddress } from '../network/descriptor.ts';
import { c, lastError } from '../network/libc.ts';

const { EAGAIN } = constants.errno;
/** netinet/udp.h; Linux 4.18 and later. */
const SOL_UDP = 17;
const UDP_SEGMENT = 103;
/** What one call may send: the kernel's limits on segments and on the bytes of one UDP datagram. */
const mostSegments = 64;
const mostBytes = 65_507;
const sockaddrLength = Buffer.from([16, 0, 0, 0]);

/** What a transfer needs of its socket. */
export interface Datagrams {
  /** Lets the kernel cut what `send` is given into datagrams of so many bytes (UDP generic segmentation offload), if it can. */
  cutInto(segmentBytes: number): void;
  /** How many datagrams of that size one `send` takes. */
  datagramsAtOnce(bytes: number): number;
  /**
   * `full`: nothing was sent, there will be room when the socket is writable. `failed`: the network does not take it, which is like a lost packet,
   * or the kernel does not cut here after all: then it is not asked to again, and one datagram at a time may go.
   */
  send(bytes: Buffer, length: number, to: Buffer): 'sent' | 'full' | 'failed';
  /** The length of the next datagram, cut to the buffer's; -1 when there is none. */
  receive(into: Buffer): number;
  /** The sockaddr_in that the last datagram came from; overwritten by the next. */
  readonly sender: Buffer;
  close(): void;
}

/** A UDP socket without a queue of its own: every call is one system call and returns at once. Node's dgram tells no descriptor. */
export class DatagramSocket implements Datagrams {
  readonly fd: number;
  /** Bytes of each datagram but the last that `send` cuts its bytes into; 0: it cuts nothing. */
  #segmentBytes = 0;
  readonly #sender = socketAddress({ address: '0.0.0.0', port: 0 });

  /** On any free port there. Throws PORT_UNAVAILABLE. */
  constructor(place: { address: string; device?: string | undefined }) {
    this.fd = openDescriptor('udp', { ...place, port: 0 });
  }

  cutInto(segmentBytes: number): void {
    const value = Buffer.alloc(4);
    value.writeUInt32LE(segmentBytes);
    const isSet = c.setsockopt(this.fd, SOL_UDP, UDP_SEGMENT, value, value.length) === 0;
    this.#segmentBytes = isSet ? segmentBytes : 0;
  }

  datagramsAtOnce(bytes: number): number {
    return this.#segmentBytes === bytes ? Math.min(mostSegments, Math.floor(mostBytes / bytes)) : 1;
  }

  send(bytes: Buffer, length: number, to: Buffer): 'sent' | 'full' | 'failed' {
    if (c.sendto(this.fd, bytes, length, 0, to, to.length) >= 0) return 'sent';
    if (lastError() === EAGAIN) return 'full';
    if (this.#segmentBytes > 0) this.cutInto(0);
    return 'failed';
  }

  receive(into: Buffer): number {
    return c.recvfrom(this.fd, into, into.length, 0, this.#sender, sockaddrLength);
  }

  get sender(): Buffer {
    return this.#sender;
  }

  close(): void {
    c.close(this.fd);
  }
}
