import { randomInt } from 'node:crypto';
import type { ChunkId } from '../ports.ts';
import type { Pack } from './pack.ts';

const free = 0;
const removed = 0xffffffff;
const firstSlots = 1024;

/** Where a chunk is. */
export interface Location {
  pack: Pack;
  entry: number;
}

/**
 * All chunks of all packs: an open-addressing hash table of 8 bytes a slot over the packs' own entries, about 60 bytes a chunk in all. A chunk may be in
 * several packs; the one added last is found first. Slots come from the whole id under secret factors: nobody can choose chunks that fall on one slot.
 */
export class ChunkTable {
  readonly #packs: (Pack | undefined)[] = [];
  readonly #numbers = new Map<Pack, number>();
  readonly #factors = Int32Array.from({ length: 8 }, () => randomInt(2 ** 31) | 1);
  #packOf = new Uint32Array(firstSlots);
  #entryOf = new Uint32Array(firstSlots);
  #used = 0;
  #count = 0;
  readonly #wanted = new Uint32Array(8);
  readonly #wantedBytes = Buffer.from(this.#wanted.buffer);

  /** Entries, copies included. */
  get count(): number {
    return this.#count;
  }

  get packs(): Pack[] {
    return [...this.#numbers.keys()];
  }

  /** Takes a pack with the entries that it has. */
  addPack(pack: Pack): void {
    const gap = this.#packs.indexOf(undefined);
    const number = gap >= 0 ? gap : this.#packs.length;
    this.#packs[number] = pack;
    this.#numbers.set(pack, number);
    this.#reserve(pack.count);
    for (let entry = 0; entry < pack.count; entry++) this.#insert(number, entry);
  }

  /** Takes the entry that was just added to one of its packs. */
  addEntry(pack: Pack, entry: number): void {
    this.#reserve(1);
    this.#insert(this.#numberOf(pack), entry);
  }

  removePack(pack: Pack): void {
    const number = this.#numberOf(pack);
    for (let entry = 0; entry < pack.count; entry++) {
      const slot = this.#slotOf(number, entry);
      this.#packOf[slot] = removed;
      this.#count--;
    }
    this.#packs[number] = undefined;
    this.#numbers.delete(pack);
  }

  has(pack: Pack): boolean {
    return this.#numbers.has(pack);
  }

  find(id: ChunkId): Location | undefined {
    this.#wantedBytes.write(id, 'hex');
    return this.#next(this.#first(this.#wanted))?.location;
  }

  findRaw(id: Uint8Array): Location | undefined {
    this.#wantedBytes.set(id);
    return this.#next(this.#first(this.#wanted))?.location;
  }

  /** Every copy of a chunk, the newest first. */
  findAll(id: ChunkId): Location[] {
    this.#wantedBytes.write(id, 'hex');
    const all: Location[] = [];
    for (let found = this.#next(this.#first(this.#wanted)); found; ) {
      all.push(found.location);
      found = this.#next((found.slot + 1) & (this.#packOf.length - 1));
    }
    return all;
  }

  #numberOf(pack: Pack): number {
    const number = this.#numbers.get(pack);
    if (number === undefined) throw new Error(`the pack ${pack.name} is not in the table`);
    return number;
  }

  #first(id: Uint32Array): number {
    let sum = 0;
    for (let word = 0; word < 8; word++) sum += Math.imul(id[word] ?? 0, this.#factors[word] ?? 0);
    return this.#spread(sum);
  }

  #firstOf(pack: Pack, entry: number): number {
    let sum = 0;
    for (let word = 0; word < 8; word++) sum += Math.imul(pack.word(entry, word), this.#factors[word] ?? 0);
    return this.#spread(sum);
  }

  /** The upper bits of a product depend on all bits below them. */
  #spread(sum: number): number {
    const mixed = sum | 0;
    return ((mixed ^ (mixed >>> 15)) >>> 0) & (this.#packOf.length - 1);
  }

  #next(from: number): { location: Location; slot: number } | undefined {
    const mask = this.#packOf.length - 1;
    for (let slot = from; ; slot = (slot + 1) & mask) {
      const number = this.#packOf[slot] ?? free;
      if (number === free) return undefined;
      if (number === removed) continue;
      const pack = this.#packs[number - 1];
      const entry = this.#entryOf[slot] ?? 0;
      if (pack?.has(entry, this.#wanted)) return { location: { pack, entry }, slot };
    }
  }

  #slotOf(number: number, entry: number): number {
    const mask = this.#packOf.length - 1;
    let slot = this.#firstOf(this.#packs[number] as Pack, entry);
    while (this.#packOf[slot] !== number + 1 || this.#entryOf[slot] !== entry) {
      if (this.#packOf[slot] === free) throw new Error('the chunk table has lost an entry');
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  /** Puts an entry before the copies of the same chunk that are there: each of them moves on by one place among them. */
  #insert(number: number, entry: number): void {
    const mask = this.#packOf.length - 1;
    const pack = this.#packs[number] as Pack;
    let [carriedPack, carriedEntry] = [number + 1, entry];
    let slot = this.#firstOf(pack, entry);
    for (; this.#packOf[slot] !== free; slot = (slot + 1) & mask) {
      const there = this.#packOf[slot] ?? free;
      if (there === removed || !this.#isSame(pack, entry, there - 1, this.#entryOf[slot] ?? 0)) continue;
      const displaced = this.#entryOf[slot] ?? 0;
      this.#packOf[slot] = carriedPack;
      this.#entryOf[slot] = carriedEntry;
      [carriedPack, carriedEntry] = [there, displaced];
    }
    this.#packOf[slot] = carriedPack;
    this.#entryOf[slot] = carriedEntry;
    this.#used++;
    this.#count++;
  }

  #isSame(pack: Pack, entry: number, number: number, other: number): boolean {
    const found = this.#packs[number] as Pack;
    for (let word = 0; word < 8; word++) if (found.word(other, word) !== pack.word(entry, word)) return false;
    return true;
  }

  /** Room for so many more with a third of the slots free; removed ones are cleared out with it. */
  #reserve(more: number): void {
    let slots = this.#packOf.length;
    if ((this.#used + more) * 3 <= slots * 2) return;
    while ((this.#count + more) * 2 > slots) slots *= 2;
    const [packOf, entryOf] = [this.#packOf, this.#entryOf];
    this.#packOf = new Uint32Array(slots);
    this.#entryOf = new Uint32Array(slots);
    const mask = slots - 1;
    // From a gap on, and around: copies of one chunk stay in their order.
    const gap = packOf.indexOf(free);
    for (let step = 0; step < packOf.length; step++) {
      const old = (gap + step) % packOf.length;
      const number = packOf[old] ?? free;
      if (number === free || number === removed) continue;
      const entry = entryOf[old] ?? 0;
      let slot = this.#firstOf(this.#packs[number - 1] as Pack, entry);
      while (this.#packOf[slot] !== free) slot = (slot + 1) & mask;
      this.#packOf[slot] = number;
      this.#entryOf[slot] = entry;
    }
    this.#used = this.#count;
  }
}
