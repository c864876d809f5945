import { GreifError } from '../core/errors.ts';

/** The one error for bytes that are not what a protocol promises. */
export class MalformedPacket extends GreifError {
  constructor(message: string) {
    super('BAD_REQUEST', `malformed packet: ${message}`);
    this.name = 'MalformedPacket';
  }
}

/** Reads a datagram from front to back and never beyond its end; all numbers are big-endian. */
export class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  /** How many bytes have been read. */
  get position(): number {
    return this.#at;
  }

  /** Moves on and returns where it was. Throws MalformedPacket when fewer bytes are left. */
  #pass(count: number): number {
    const start = this.#at;
    if (start + count > this.#bytes.length)
      throw new MalformedPacket(`need ${count} bytes at ${start}, have ${this.remaining}`);
    this.#at = start + count;
    return start;
  }

  /** A view, not a copy. Throws MalformedPacket when fewer bytes are left. */
  take(count: number): Buffer {
    const start = this.#pass(count);
    return this.#bytes.subarray(start, start + count);
  }

  u8(): number {
    return this.#bytes.readUInt8(this.#pass(1));
  }

  u16(): number {
    return this.#bytes.readUInt16BE(this.#pass(2));
  }

  u32(): number {
    return this.#bytes.readUInt32BE(this.#pass(4));
  }

  /** ASCII up to a NUL, which is consumed. Throws MalformedPacket when there is none. */
  textToNul(): string {
    const end = this.#bytes.indexOf(0, this.#at);
    if (end < 0) throw new MalformedPacket('a text has no end');
    const text = this.#bytes.toString('latin1', this.#at, end);
    this.#at = end + 1;
    return text;
  }
}
