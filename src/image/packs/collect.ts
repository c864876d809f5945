import { setImmediate as breathe } from 'node:timers/promises';
import type { Location } from './chunk-table.ts';
import type { Pack } from './pack.ts';
import { indexEntryBytes, openRecord, packHeadBytes, packTailBytes, recordHeadBytes } from './pack-format.ts';
import type { PackStore } from './pack-store.ts';
import { planCollection } from './plan-collection.ts';
import { planReads } from './read-plan.ts';

export interface Collection {
  removedPacks: number;
  rewrittenPacks: number;
  copiedChunks: number;
  freedBytes: number;
  /** Packs that would have been rewritten, but have a chunk that cannot be read: left for a repair. */
  damagedPacks: string[];
}

/** Raw chunk ids, 32 bytes each. */
export type NeededIds = AsyncIterable<Iterable<Uint8Array>>;

const readLimits = { gapBytes: 64 * 1024, mostBytes: 4 * 1024 * 1024 };
/** Marks set before others get a turn: about a millisecond. */
const marksAtOnce = 2000;

/** The chunks that are named, each in the copy that would be read. */
export const markChunks = async (
  store: PackStore,
  needed: NeededIds,
): Promise<(location: Location) => boolean> => {
  const marks = new Map<Pack, Uint8Array>();
  let count = 0;
  for await (const ids of needed)
    for (const id of ids) {
      const found = store.shelf.table.findRaw(id);
      if (found) {
        const ofPack = marks.get(found.pack) ?? new Uint8Array(found.pack.count);
        marks.set(found.pack, ofPack);
        ofPack[found.entry] = 1;
      }
      if (++count % marksAtOnce === 0) await breathe();
    }
  return ({ pack, entry }) => marks.get(pack)?.[entry] === 1;
};

/** What of a pack is needed, in bytes of its file. */
export const liveBytesOf = (pack: Pack, isLive: (location: Location) => boolean): number => {
  let [bytes, live] = [0, 0];
  for (let entry = 0; entry < pack.count; entry++) {
    if (!isLive({ pack, entry })) continue;
    bytes += recordHeadBytes + pack.length(entry) + indexEntryBytes;
    live++;
  }
  return live === 0 ? 0 : bytes + packHeadBytes + packTailBytes;
};

/**
 * Removes chunks that are neither named by `needed` nor asked for or put by anybody who holds `store.pins`. The caller makes sure that no other process counts on
 * a chunk, and that `needed` has all that was published before its last id is given. Copies are durable before the pack that they came from goes.
 */
export const collectGarbage = async (
  store: PackStore,
  needed: NeededIds,
  packBytes: number,
): Promise<Collection> => {
  const result: Collection = {
    removedPacks: 0,
    rewrittenPacks: 0,
    copiedChunks: 0,
    freedBytes: 0,
    damagedPacks: [],
  };
  const own = store.pins.hold();
  try {
    await store.refresh();
    await store.writer.seal();
    const sealed = store.shelf.packs.filter(({ place }) => place.kind === 'sealed');
    const isNeeded = await markChunks(store, needed);
    const isLive = (location: Location) => isNeeded(location) || store.pins.isPinned(location);
    const sizeOf = ({ place }: Pack) => (place.kind === 'sealed' ? place.sizeBytes : 0);
    const uses = sealed.map((pack) => ({
      name: pack.name,
      sizeBytes: sizeOf(pack),
      liveBytes: liveBytesOf(pack, isLive),
    }));
    const plan = planCollection(uses, packBytes);
    for (const name of [...plan.remove, ...plan.rewrite]) {
      const pack = store.shelf.get(name);
      if (!pack) continue;
      const copied = await emptyPack(store, pack, isLive);
      if (copied === 'damaged') {
        result.damagedPacks.push(name);
        continue;
      }
      result.copiedChunks += copied.chunks;
      result.freedBytes += sizeOf(pack) - copied.bytes;
      if (copied.chunks > 0) result.rewrittenPacks++;
      else result.removedPacks++;
    }
    return result;
  } finally {
    own.release();
  }
};

/** Copies what is needed of a pack, then removes it. Somebody may come to count on a chunk meanwhile, so it is asked again until nothing is left. */
const emptyPack = async (
  store: PackStore,
  pack: Pack,
  isLive: (location: Location) => boolean,
): Promise<{ chunks: number; bytes: number } | 'damaged'> => {
  const copied = new Set<number>();
  let bytes = 0;
  for (;;) {
    const left: Location[] = [];
    for (let entry = 0; entry < pack.count; entry++)
      if (!copied.has(entry) && isLive({ pack, entry })) left.push({ pack, entry });
    if (left.length === 0) break; // nobody else has a turn between this and the removal from the index
    const length = await copyChunks(store, left);
    if (length === undefined) return 'damaged';
    bytes += length;
    for (const { entry } of left) copied.add(entry);
  }
  await store.shelf.discard(pack);
  return { chunks: copied.size, bytes };
};

/** `undefined`: one of them cannot be read, and nothing was lost by trying. */
const copyChunks = async (store: PackStore, chunks: readonly Location[]): Promise<number | undefined> => {
  let length = 0;
  for (const step of planReads(chunks, readLimits)) {
    if ('missing' in step) continue;
    const bytes = await store.shelf.read(step.pack, step.offset, step.length).catch(() => undefined);
    const records = step.parts.map(({ position, at, length }) => {
      const { pack, entry } = chunks[position] as Location;
      const id = pack.id(entry);
      return { id, packed: bytes ? openRecord(bytes.subarray(at, at + length), id) : 'it cannot be read' };
    });
    const writes: Promise<void>[] = [];
    for (const { id, packed } of records) {
      if (typeof packed === 'string') {
        await Promise.all(writes);
        return undefined;
      }
      writes.push(store.writer.append(id, packed, { beyondReserve: true }));
      length += recordHeadBytes + packed.length;
    }
    await Promise.all(writes);
  }
  return length;
};
