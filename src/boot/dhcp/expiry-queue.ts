/** Something that ends. */
interface Ending {
  expiresAt: number;
}

/** More entries than this many times the living ones are cleared away. */
const slack = 2;

/**
 * Tells what ends first (a binary heap). What was replaced stays in it until it comes to the front, where `isCurrent` sorts it out: so
 * a renewal costs one insertion and no search.
 */
export class ExpiryQueue<Entry extends Ending> {
  #heap: Entry[] = [];
  readonly #isCurrent: (entry: Entry) => boolean;

  constructor(isCurrent: (entry: Entry) => boolean) {
    this.#isCurrent = isCurrent;
  }

  /** @param living how many current entries there are */
  add(entry: Entry, living: number): void {
    if (this.#heap.length > slack * living + 64) this.#clearAway();
    this.#heap.push(entry);
    this.#rise(this.#heap.length - 1);
  }

  /** The current entry that ends first. It stays. */
  first(): Entry | undefined {
    for (;;) {
      const [first] = this.#heap;
      if (!first || this.#isCurrent(first)) return first;
      const last = this.#heap.pop() as Entry;
      if (this.#heap.length === 0) return undefined;
      this.#heap[0] = last;
      this.#sink(0);
    }
  }

  /** A rising list is a heap. */
  #clearAway(): void {
    this.#heap = this.#heap.filter(this.#isCurrent).sort((a, b) => a.expiresAt - b.expiresAt);
  }

  #endOf(index: number): number {
    return this.#heap[index]?.expiresAt ?? Number.POSITIVE_INFINITY;
  }

  #swap(one: number, other: number): void {
    const entry = this.#heap[one] as Entry;
    this.#heap[one] = this.#heap[other] as Entry;
    this.#heap[other] = entry;
  }

  #rise(index: number): void {
    for (let at = index; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (this.#endOf(parent) <= this.#endOf(at)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #sink(index: number): void {
    for (let at = index; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      const child = this.#endOf(right) < this.#endOf(left) ? right : left;
      if (this.#endOf(at) <= this.#endOf(child)) return;
      this.#swap(at, child);
      at = child;
    }
  }
}
