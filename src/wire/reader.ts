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

  /** A view, not a copy. Throws MalformedPacket when fewer bytes are left. */
  take(count: number): Buffer {
    const end = this.#at + count;
    if (end > this.#bytes.length)
      throw new MalformedPacket(`need ${count} bytes at ${this.#at}, have ${this.remaining}`);
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  u8(): number {
    return this.take(1).readUInt8();
  }

  u16(): number {
    return this.take(2).readUInt16BE();
  }

  u32(): number {
    return this.take(4).readUInt32BE();
  }

  /** ASCII up to a NUL, which is consumed. Throws MalformedPacket when there is none. */
  textToNul(): string {
    const end = this.#bytes.indexOf(0, this.#at);
    if (end < 0) throw new MalformedPacket('a text has no end');
    const text = this.take(end - this.#at).toString('latin1');
    this.take(1);
    return text;
  }
}
