import { type Range, sizeOf } from './range.ts';

/** FNV-1a: the same client begins at the same address, so that it tends to keep it even when leases are lost. */
const hash = (text: string): number => {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return value;
};

/**
 * The addresses of the pools that nobody holds or ever held: taking, giving back and choosing cost the same however many there are.
 * `#order` holds the free ones in front, `#place` says where each is.
 */
export class FreeAddresses {
  readonly #ranges: readonly Range[];
  /** Where each range begins in the numbering of all addresses. */
  readonly #starts: number[] = [];
  readonly #order: Uint32Array;
  readonly #place: Uint32Array;
  #count: number;

  /** @param ranges rising, without overlap */
  constructor(ranges: readonly Range[]) {
    this.#ranges = ranges;
    this.#count = sizeOf(ranges);
    this.#order = Uint32Array.from({ length: this.#count }, (_, index) => index);
    this.#place = this.#order.slice();
    let start = 0;
    for (const { first, last } of ranges) {
      this.#starts.push(start);
      start += last - first + 1;
    }
  }

  get count(): number {
    return this.#count;
  }

  /** The address of the client's own choice if it is free, else another that is; the same each time. */
  choose(clientKey: string): number | undefined {
    if (this.#count === 0) return undefined;
    const value = hash(clientKey);
    const own = value % this.#order.length;
    const isFree = (this.#place[own] as number) < this.#count;
    return this.#addressAt(isFree ? own : (this.#order[value % this.#count] as number));
  }

  /** An address of no pool is left alone, likewise one that is taken already. */
  take(address: number): void {
    const index = this.#indexOf(address);
    if (index === undefined || (this.#place[index] as number) >= this.#count) return;
    this.#swap(index, --this.#count);
  }

  giveBack(address: number): void {
    const index = this.#indexOf(address);
    if (index === undefined || (this.#place[index] as number) < this.#count) return;
    this.#swap(index, this.#count++);
  }

  #swap(index: number, place: number): void {
    const other = this.#order[place] as number;
    const former = this.#place[index] as number;
    this.#order[place] = index;
    this.#order[former] = other;
    this.#place[index] = place;
    this.#place[other] = former;
  }

  /** The last range that begins at or before `value`, where `beginnings` rise. */
  #rangeAt(value: number, beginning: (range: number) => number): number {
    let [low, high] = [0, this.#ranges.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (beginning(middle) <= value) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #indexOf(address: number): number | undefined {
    const at = this.#rangeAt(address, (range) => (this.#ranges[range] as Range).first);
    const range = this.#ranges[at];
    return range && address >= range.first && address <= range.last
      ? (this.#starts[at] as number) + address - range.first
      : undefined;
  }

  #addressAt(index: number): number {
    const at = this.#rangeAt(index, (range) => this.#starts[range] as number);
    return (this.#ranges[at] as Range).first + index - (this.#starts[at] as number);
  }
}
