import { mkdir, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { sharedRuns } from '../../core/shared-runs.ts';
import { Turns } from '../../core/turns.ts';
import type { ObjectStore } from '../ports.ts';
import { openFiles } from '../store/open-files.ts';
import { ChunkTable } from './chunk-table.ts';
import { Pack } from './pack.ts';
import { type ReadRange, readAround, readPackIndex } from './pack-bytes.ts';
import { packHead, packHeadBytes } from './pack-format.ts';
import type { Pins } from './pins.ts';
import { type Scan, scanRecords } from './scan-records.ts';

/** Damage that was found in a pack. */
export interface PackFault {
  pack: string;
  reason: string;
}

const packsReadAtOnce = 8;

export const objectOf = (name: string): string => `packs/${name}.pack`;
const packName = /^(?:packs\/)?([0-9a-z-]+)\.pack$/;

/**
 * The packs that exist, and what is in them: sealed ones are objects (`packs/<name>.pack`), open ones (of any process) files in `openFolder`.
 * What other processes do is seen at a `refresh`.
 */
export class Shelf {
  readonly table = new ChunkTable();
  readonly openFolder: string;
  /** Open packs that this process writes to: nobody else adds to them. */
  readonly owned = new Set<string>();
  /** By pack: damage that was met when it was taken in. */
  readonly faults = new Map<string, PackFault>();
  /** Looks for what other processes have added, sealed and removed since; a call that returns has seen all that was there when it was made. */
  readonly refresh: () => Promise<void> = sharedRuns(() => this.#refresh());
  readonly #objects: ObjectStore;
  readonly #pins: Pins;
  readonly #packs = new Map<string, Pack>();
  /** Packs that this process removed: a listing that began before must not bring them back. */
  readonly #gone = new Set<string>();
  readonly #files = openFiles(16);

  constructor(objects: ObjectStore, openFolder: string, pins: Pins) {
    this.#objects = objects;
    this.openFolder = openFolder;
    this.#pins = pins;
  }

  get packs(): Pack[] {
    return [...this.#packs.values()];
  }

  get(name: string): Pack | undefined {
    return this.#packs.get(name);
  }

  has(pack: Pack): boolean {
    return this.#packs.get(pack.name) === pack;
  }

  fileOf(name: string): string {
    return path.join(this.openFolder, `${name}.pack`);
  }

  /** Bytes of a pack, fewer at its end; `undefined` when it is not where it was (sealed or removed by another process). */
  async read(pack: Pack, offset: number, length: number): Promise<Buffer | undefined> {
    const { place } = pack;
    if (place.kind === 'sealed') return this.#objects.read(objectOf(pack.name), offset, length);
    return this.#files.use(place.file, async (handle) => {
      const bytes = Buffer.allocUnsafe(length);
      const { bytesRead } = await handle.read(bytes, 0, length, offset);
      return bytes.subarray(0, bytesRead);
    });
  }

  /** Takes a pack in, in the place of one of its name. Whoever counted on that one's chunks then counts on all of this one's. */
  keep(pack: Pack): void {
    const before = this.#packs.get(pack.name);
    if (before) this.table.removePack(before);
    this.#packs.set(pack.name, pack);
    this.table.addPack(pack);
    if (before) for (let entry = 0; entry < pack.count; entry++) this.#pins.pin({ pack, entry });
  }

  /** A record of an open pack that is on the disk. */
  addRecord(pack: Pack, { id, offset, length }: Scan['records'][number]): void {
    const entry = pack.add(id, offset, length);
    this.table.addEntry(pack, entry);
    this.#pins.pin({ pack, entry });
  }

  forget(pack: Pack): void {
    if (!this.has(pack)) return;
    this.#packs.delete(pack.name);
    this.faults.delete(pack.name);
    this.table.removePack(pack);
  }

  /** Removes a sealed pack for good: at once from the index, then its object. */
  async discard(pack: Pack): Promise<void> {
    this.#gone.add(pack.name);
    this.forget(pack);
    await this.#objects.remove(objectOf(pack.name));
  }

  async #refresh(): Promise<void> {
    const before = this.packs
      .filter(({ name }) => !this.owned.has(name))
      .map((pack) => ({ pack, place: pack.place }));
    // First those: a pack that is sealed meanwhile is then seen twice, not never.
    const open = await this.#openNames();
    const sealed = await this.#sealedSizes();
    for (const { pack, place } of before) {
      const there = sealed.has(pack.name) || (place.kind === 'open' && open.has(pack.name));
      // One that this process sealed after the listing is there.
      if (!there && !this.owned.has(pack.name) && pack.place === place) this.forget(pack);
    }
    const turns = new Turns(packsReadAtOnce);
    const taken = await Promise.all(
      [...sealed].map(([name, sizeBytes]) => turns.run(() => this.#readSealed(name, sizeBytes))),
    );
    // By age, and what is still open last: of a chunk's copies the one added last is found first.
    for (const pack of taken.filter((one) => one !== undefined).sort(byName))
      if (!this.#isKnown(pack.name) && !this.#gone.has(pack.name)) this.keep(pack);
    for (const name of [...open].sort()) if (!sealed.has(name)) await this.#takeOpen(name);
  }

  /** Nothing that a listing says of it is news. */
  #isKnown(name: string): boolean {
    return this.owned.has(name) || this.#packs.get(name)?.place.kind === 'sealed';
  }

  async #openNames(): Promise<Set<string>> {
    return new Set((await readdir(this.openFolder)).flatMap((file) => packName.exec(file)?.[1] ?? []));
  }

  async #sealedSizes(): Promise<Map<string, number>> {
    const sizes = new Map<string, number>();
    for await (const { name: object, sizeBytes } of this.#objects.list('packs/')) {
      const name = packName.exec(object)?.[1];
      if (name && !this.#gone.has(name)) sizes.set(name, sizeBytes);
    }
    return sizes;
  }

  async #readSealed(name: string, sizeBytes: number): Promise<Pack | undefined> {
    if (this.#isKnown(name)) return undefined;
    const read: ReadRange = (offset, length) => this.#objects.read(objectOf(name), offset, length);
    const index = await readPackIndex(read, sizeBytes);
    if (index === 'damaged') return this.#readRecords(name, sizeBytes, read);
    return index && new Pack(name, { kind: 'sealed', sizeBytes }, index.offset, index.entries);
  }

  /** A pack whose index cannot be used: the records say the same. */
  async #readRecords(name: string, sizeBytes: number, read: ReadRange): Promise<Pack> {
    const pack = new Pack(name, { kind: 'sealed', sizeBytes }, packHeadBytes);
    const { records, end, damaged } = await scanRecords(surely(read), sizeBytes);
    for (const { id, offset, length } of records) pack.add(id, offset, length);
    pack.end = end;
    const holes = damaged.map(({ offset, length }) => `; ${length} bytes from ${offset} on are no record`);
    this.faults.set(name, {
      pack: name,
      reason: `its index is damaged and was made anew of its ${records.length} records${holes.join('')}`,
    });
    return pack;
  }

  async #takeOpen(name: string): Promise<void> {
    if (this.owned.has(name)) return;
    const file = this.fileOf(name);
    let pack = this.#packs.get(name);
    if (!pack) {
      pack = new Pack(name, { kind: 'open', file }, packHeadBytes);
      const head = await this.read(pack, 0, packHeadBytes);
      if (!head?.equals(packHead) || this.#packs.has(name)) return;
      this.keep(pack);
    }
    await this.grow(pack);
  }

  /**
   * Takes in what came to an open pack since it was looked at. What may not be on the disk yet is brought there first: somebody may count on it.
   * Returns what lies between and behind the records.
   */
  async grow(pack: Pack): Promise<Pick<Scan, 'damaged' | 'end'>> {
    const { place, end } = pack;
    const found = place.kind === 'open' ? await stat(place.file).catch(() => undefined) : undefined;
    if (place.kind !== 'open' || !found || found.size <= end) return { damaged: [], end };
    const scan = await scanRecords(
      surely((offset, length) => this.read(pack, offset, length)),
      found.size,
      end,
    );
    if (scan.records.length === 0) return scan;
    await this.#files.use(place.file, (handle) => handle.datasync());
    // Meanwhile it may have been looked at by another, sealed, or gone.
    if (!this.has(pack) || pack.place !== place || pack.end !== end) return scan;
    for (const record of scan.records) this.addRecord(pack, record);
    pack.end = scan.end;
    return scan;
  }
}

const byName = (one: Pack, other: Pack): number => (one.name < other.name ? -1 : 1);

/** For a scan: what is not there (any more) is no record. */
const surely =
  (read: ReadRange) =>
  async (offset: number, length: number): Promise<Buffer> =>
    (await readAround(read, offset, length)) ?? Buffer.alloc(0);

export const openShelf = async (objects: ObjectStore, openFolder: string, pins: Pins): Promise<Shelf> => {
  await mkdir(openFolder, { recursive: true });
  const shelf = new Shelf(objects, openFolder, pins);
  await shelf.refresh();
  return shelf;
};
