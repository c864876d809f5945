/** The blocks of a file on their way to a client: which are acknowledged, which may be sent. Pure; blocks count from 1. */
export class Window {
  /** The last block that the client has for certain; -1 as long as our OACK is not acknowledged. */
  #acknowledged: number;
  /** The last block that went out. */
  #sent: number;
  /** The last block of the file: the first that is not full. */
  readonly last: number;
  readonly #size: number;

  constructor(last: number, size: number, awaitsOack: boolean) {
    this.last = last;
    this.#size = size;
    this.#acknowledged = awaitsOack ? -1 : 0;
    this.#sent = 0;
  }

  get isDone(): boolean {
    return this.#acknowledged === this.last;
  }

  get awaitsOack(): boolean {
    return this.#acknowledged < 0;
  }

  /** First and last block of the window to send now, or to send again after a time-out. */
  get next(): { first: number; last: number } {
    return {
      first: this.#acknowledged + 1,
      last: Math.min(this.#acknowledged + this.#size, this.last),
    };
  }

  sent(block: number): void {
    this.#sent = Math.max(this.#sent, block);
  }

  /**
   * Takes an ACK's 16-bit number, which rolls over. True when it brings news; a duplicate or a stray one brings none and must
   * cause no sending (RFC 1123 section 4.2.3.1). One from within the window tells of a loss behind it: the next window starts there.
   */
  acknowledge(number: number): boolean {
    const ahead = (number - this.#acknowledged) & 0xffff;
    const block = this.#acknowledged + ahead;
    if (ahead === 0 || block > this.#sent) return false;
    this.#acknowledged = block;
    return true;
  }
}
