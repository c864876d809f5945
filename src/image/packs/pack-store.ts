import { asGreifError, GreifError } from '../../core/errors.ts';
import { freeNow } from '../../core/free-now.ts';
import type { ChunkId, ChunkStore, ObjectStore } from '../ports.ts';
import type { SpaceGuard } from '../store/free-space.ts';
import type { Location } from './chunk-table.ts';
import { isUnreadable, readPackIndex } from './pack-bytes.ts';
import { openRecord, recordHeadBytes } from './pack-format.ts';
import { PackWriter } from './pack-writer.ts';
import { createPins, type Pins } from './pins.ts';
import { type PackRead, planReads } from './read-plan.ts';
import { objectOf, openShelf, type PackFault, type Shelf } from './shelf.ts';

export interface PackStoreOptions {
  objects: ObjectStore;
  /** On a local disk: packs that are not full yet. */
  openFolder: string;
  space: SpaceGuard;
  packBytes: number;
}

/** Chunks in packs. Several processes may have it open. */
export interface PackStore extends ChunkStore {
  getMany(ids: readonly ChunkId[]): AsyncGenerator<Uint8Array | GreifError | undefined>;
  /** While it is held, chunks that this process asks for or puts are not collected. */
  readonly pins: Pins;
  readonly shelf: Shelf;
  readonly writer: PackWriter;
  /** Sees what other processes have added and removed. */
  refresh(): Promise<void>;
  /** Reads the index of every sealed pack again; what does not fit is named. */
  checkIndexes(signal?: AbortSignal): Promise<PackFault[]>;
  close(): Promise<void>;
}

const gapBytes = 64 * 1024;
const mebibyte = 1024 * 1024;
/** How large reads are, and how many one answer of many chunks has under way. Many answers at a time keep the disk busy by themselves: a hundred PCs hold 300 MiB at most. */
const readingFor = (answers: number): { mostBytes: number; readsAhead: number } =>
  answers > 16 ? { mostBytes: mebibyte, readsAhead: 1 } : { mostBytes: 2 * mebibyte, readsAhead: 4 };

export const openPackStore = async (options: PackStoreOptions): Promise<PackStore> => {
  const { objects, openFolder, space, packBytes } = options;
  const pins = createPins();
  const shelf = await openShelf(objects, openFolder, pins);
  const writer = new PackWriter({ shelf, objects, space, packBytes });
  const underway = new Map<ChunkId, Promise<void>>();
  let answers = 0;

  const find = (id: ChunkId): Location | undefined => {
    const location = shelf.table.find(id);
    if (location) pins.pin(location);
    return location;
  };

  /** From the first copy that is whole. Throws CHUNK_CORRUPT when none is. */
  const read = async (id: ChunkId): Promise<Buffer | undefined> => {
    let damage: GreifError | undefined;
    for (const location of shelf.table.findAll(id)) {
      pins.pin(location);
      const found = await readRecord(shelf, location, id);
      if (Buffer.isBuffer(found)) return found;
      damage ??= found;
    }
    if (damage) throw damage;
    return undefined;
  };

  /** Another process may have brought what is missing, and a whole copy of what is damaged. */
  const get = async (id: ChunkId): Promise<Buffer | undefined> => {
    const found = await read(id).catch(chunkFault);
    if (Buffer.isBuffer(found)) return found;
    await shelf.refresh();
    return read(id);
  };

  const write = async (id: ChunkId, packed: Uint8Array): Promise<void> => {
    // What is there and the same stays; a copy that is damaged, or packs the bytes otherwise, is superseded.
    if (find(id) && (await read(id).catch(() => undefined))?.equals(packed)) return;
    await writer.append(id, packed);
  };

  async function* getMany(ids: readonly ChunkId[]): AsyncGenerator<Uint8Array | GreifError | undefined> {
    const locations = ids.map(find);
    if (locations.includes(undefined)) {
      await shelf.refresh();
      for (const [position, id] of ids.entries()) locations[position] ??= find(id);
    }
    const { mostBytes } = readingFor(answers);
    const plan = planReads(locations, { gapBytes, mostBytes });
    const again = (position: number) => {
      const found = get(ids[position] as ChunkId).catch(chunkFault);
      found.catch(() => {}); // met when its turn comes
      return found;
    };
    const carryOut = async (step: PackRead | { missing: number }) => {
      if ('missing' in step) return { chunks: [undefined] };
      const bytes = await shelf.read(step.pack, step.offset, step.length).catch(() => undefined);
      const chunks = step.parts.map(({ position, at, length }) => {
        const found = bytes && openRecord(bytes.subarray(at, at + length), ids[position] as ChunkId);
        return Buffer.isBuffer(found) ? found : again(position);
      });
      return { chunks, bytes };
    };
    const started: ReturnType<typeof carryOut>[] = [];
    const begin = (): void => {
      while (started.length < readingFor(answers).readsAhead) {
        const step = plan.next();
        if (step.done) return;
        const begun = carryOut(step.value);
        begun.catch(() => {}); // met when its turn comes
        started.push(begun);
      }
    };
    answers++;
    try {
      for (begin(); started[0]; begin()) {
        const { chunks, bytes } = await started[0];
        started.shift();
        for (const chunk of chunks) yield await chunk;
        if (bytes) freeNow(bytes);
      }
    } finally {
      answers--;
    }
  }

  return {
    pins,
    shelf,
    writer,
    get,
    getMany,
    has: async (id) => find(id) !== undefined,
    put(id, packed) {
      const running = underway.get(id);
      if (running) return running;
      const written = write(id, packed).finally(() => underway.delete(id));
      underway.set(id, written);
      return written;
    },
    async *list() {
      for (const pack of shelf.packs)
        for (let entry = 0; entry < pack.count; entry++) {
          const id = pack.id(entry);
          const newest = shelf.table.find(id);
          if (newest?.pack === pack && newest.entry === entry) yield id;
        }
    },
    refresh: () => shelf.refresh(),
    checkIndexes: (signal) => checkIndexes(shelf, objects, signal),
    close: () => writer.close(),
  };
};

const chunkFault = (thrown: unknown): GreifError => {
  const error = asGreifError(thrown);
  if (error.code !== 'CHUNK_CORRUPT') throw error;
  return error;
};

/** The packed bytes of a record, what is wrong with it, or `undefined` when the pack is gone. */
const readRecord = async (
  shelf: Shelf,
  { pack, entry }: Location,
  id: ChunkId,
): Promise<Buffer | GreifError | undefined> => {
  const offset = pack.offset(entry);
  const corrupt = (reason: string, cause?: unknown) =>
    new GreifError(
      'CHUNK_CORRUPT',
      `chunk ${id} is corrupt: ${reason} (pack ${pack.name}, byte ${offset}); check with "greif image verify" and import the image again`,
      { cause, details: { chunk: id, reason: `${reason} (pack ${pack.name}, byte ${offset})` } },
    );
  try {
    const record = await shelf.read(pack, offset, recordHeadBytes + pack.length(entry));
    if (!record) return undefined;
    const found = openRecord(record, id);
    return Buffer.isBuffer(found) ? found : corrupt(found);
  } catch (thrown) {
    if (!isUnreadable(thrown)) throw thrown;
    return corrupt('the disk cannot read it', thrown);
  }
};

const checkIndexes = async (
  shelf: Shelf,
  objects: ObjectStore,
  signal: AbortSignal | undefined,
): Promise<PackFault[]> => {
  const faults = new Map(shelf.faults);
  for (const pack of shelf.packs) {
    signal?.throwIfAborted();
    if (pack.place.kind !== 'sealed' || faults.has(pack.name)) continue;
    const read = (offset: number, length: number) => objects.read(objectOf(pack.name), offset, length);
    const index = await readPackIndex(read, pack.place.sizeBytes);
    if (index === 'damaged' || (index && !index.entries.equals(pack.encoded())))
      faults.set(pack.name, {
        pack: pack.name,
        reason: 'its index is damaged; its chunks can still be found by their records',
      });
  }
  return [...faults.values()];
};
