/** The blocks of a file on their way to a client: which are acknowledged, which may be sent. Pure; blocks count from 1. */
export class Window {
  /** The last block that the client has for certain; -1 as long as our OACK is not acknowledged. */
  #acknowledged: number;
  /** The last block that went out. */
  #sent = 0;
  readonly #size: number;

  constructor(size: number, awaitsOack: boolean) {
    this.#size = size;
    this.#acknowledged = awaitsOack ? -1 : 0;
  }

  get awaitsOack(): boolean {
    return this.#acknowledged < 0;
  }

  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** First and last block of the window to send now, or to send again after a time-out, as far as there are so many. */
  get next(): { first: number; last: number } {
    return { first: this.#acknowledged + 1, last: this.#acknowledged + this.#size };
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
