import { randomBytes } from 'node:crypto';
import { type FileHandle, open, readdir, rm } from 'node:fs/promises';
import { Turns } from '../../core/turns.ts';
import type { ChunkId, ObjectStore } from '../ports.ts';
import { syncPath } from '../store/durable-file.ts';
import type { SpaceGuard } from '../store/free-space.ts';
import { type Lock, takeLock } from '../store/lock.ts';
import { storeFailure } from '../store/store-failure.ts';
import { Pack } from './pack.ts';
import { readPackIndex, writeAll } from './pack-bytes.ts';
import {
  encodePackIndex,
  encodeRecordHead,
  packHead,
  packHeadBytes,
  recordHeadBytes,
} from './pack-format.ts';
import { objectOf, type Shelf } from './shelf.ts';

export interface PackWriterOptions {
  shelf: Shelf;
  objects: ObjectStore;
  space: SpaceGuard;
  /** A pack is sealed when it has grown so large, or has so many chunks. */
  packBytes: number;
}

interface Waiting {
  id: ChunkId;
  packed: Uint8Array;
  /** May use the reserve: copies that make space. */
  beyondReserve: boolean;
  done: PromiseWithResolvers<void>;
}

/** The open pack that this process writes to; its file is locked. */
interface Current {
  pack: Pack;
  file: string;
  handle: FileHandle;
  lock: Lock;
}

const mostEntries = 32_768;
/** Written, and made durable, at once. */
const batchBytes = 8 * 1024 * 1024;
/** A writer without work lets its pack go, so that the next process goes on with it. */
const idleMilliseconds = 1000;

const isFull = (thrown: unknown): boolean =>
  ['ENOSPC', 'EDQUOT'].includes((thrown as NodeJS.ErrnoException).code ?? '');

/**
 * Appends chunks to an open pack on the local disk. All that waits while the disk is busy is written and synced at once. A pack that is left by a process that
 * ended is gone on with: its records are proven by their checksums, a torn tail is cut off.
 */
export class PackWriter {
  readonly #options: PackWriterOptions;
  readonly #turns = new Turns(1);
  #waiting: Waiting[] = [];
  #current: Current | undefined;
  #idle: NodeJS.Timeout | undefined;

  constructor(options: PackWriterOptions) {
    this.#options = options;
  }

  /** Fulfilled when the chunk is durable and can be found. Throws STORE_FULL. */
  append(id: ChunkId, packed: Uint8Array, { beyondReserve = false } = {}): Promise<void> {
    const done = Promise.withResolvers<void>();
    this.#waiting.push({ id, packed, beyondReserve, done });
    if (this.#waiting.length === 1) void this.#turns.run(() => this.#flush());
    return done.promise;
  }

  /** Seals every open pack that no other process writes to. */
  seal(): Promise<void> {
    return this.#turns.run(async () => {
      if (this.#current) await this.#sealCurrent(this.#current);
      for (const name of await this.#openNames()) {
        const adopted = await this.#adopt(name);
        if (adopted) await this.#sealCurrent(adopted);
      }
    });
  }

  /** Waits for what is under way and lets the open pack go; the next `append` takes it up again. */
  close(): Promise<void> {
    clearTimeout(this.#idle);
    return this.#turns.run(() => this.#letGo());
  }

  async #flush(): Promise<void> {
    clearTimeout(this.#idle);
    while (this.#waiting.length > 0) {
      const batch = this.#takeBatch();
      try {
        await this.#write(batch);
        for (const { done } of batch) done.resolve();
      } catch (thrown) {
        const failure = storeFailure(thrown, this.#options.shelf.openFolder);
        for (const { done } of batch) done.reject(failure);
      }
    }
    this.#idle = setTimeout(() => void this.close(), idleMilliseconds);
  }

  #takeBatch(): Waiting[] {
    const [first] = this.#waiting;
    let length = 0;
    const end = this.#waiting.findIndex(({ packed, beyondReserve }, position) => {
      length += packed.length + recordHeadBytes;
      return position > 0 && (length > batchBytes || beyondReserve !== first?.beyondReserve);
    });
    return this.#waiting.splice(0, end < 0 ? this.#waiting.length : end);
  }

  async #write(batch: readonly Waiting[]): Promise<void> {
    const bytes = Buffer.concat(batch.flatMap(({ id, packed }) => [encodeRecordHead(id, packed), packed]));
    if (!batch[0]?.beyondReserve) await this.#options.space.assertRoom(bytes.length);
    const current = await this.#withRoom(bytes.length, batch.length);
    const { pack, handle } = current;
    try {
      await writeAll(handle, bytes, pack.end);
      await handle.datasync();
    } catch (thrown) {
      // After a failed sync the kernel takes the pages for written: they must not be met again.
      if (!isFull(thrown)) await handle.truncate(pack.end).catch(() => {});
      await this.#letGo();
      throw thrown;
    }
    for (const { id, packed } of batch) {
      this.#options.shelf.addRecord(pack, { id, offset: pack.end, length: packed.length });
      pack.end += recordHeadBytes + packed.length;
    }
    // What was written is durable, whatever becomes of this: a pack that cannot be handed over now is by whoever comes next.
    if (pack.end >= this.#options.packBytes) await this.#sealCurrent(current).catch(() => {});
  }

  /** An open pack that can take so much. */
  async #withRoom(bytes: number, entries: number): Promise<Current> {
    const { packBytes } = this.#options;
    const current = this.#current ?? (await this.#begin());
    const { pack } = current;
    if (
      pack.count === 0 ||
      (pack.end + bytes <= packBytes + batchBytes && pack.count + entries <= mostEntries)
    )
      return current;
    await this.#sealCurrent(current);
    return this.#begin();
  }

  async #begin(): Promise<Current> {
    for (const name of await this.#openNames()) {
      const adopted = await this.#adopt(name);
      if (adopted && adopted.pack.end < this.#options.packBytes) return adopted;
      if (adopted) await this.#sealCurrent(adopted);
    }
    return this.#create();
  }

  async #openNames(): Promise<string[]> {
    const { owned, openFolder } = this.#options.shelf;
    const names = (await readdir(openFolder)).flatMap((file) => /^([0-9a-z-]+)\.pack$/.exec(file)?.[1] ?? []);
    return names.filter((name) => !owned.has(name)).sort();
  }

  async #create(): Promise<Current> {
    const { shelf } = this.#options;
    for (;;) {
      // Names sort by time.
      const name = `${Date.now().toString(36).padStart(9, '0')}-${randomBytes(6).toString('hex')}`;
      const file = shelf.fileOf(name);
      const lock = await takeLock(file, 'exclusive', { wait: false });
      if (!lock) continue;
      try {
        const handle = await open(file, 'r+');
        await writeAll(handle, packHead, 0);
        await handle.datasync();
        await syncPath(shelf.openFolder);
        shelf.owned.add(name);
        const pack = new Pack(name, { kind: 'open', file }, packHeadBytes);
        shelf.keep(pack);
        this.#current = { pack, file, handle, lock };
        return this.#current;
      } catch (thrown) {
        await lock.release();
        // Another process took the empty file for a left one and removed it.
        if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw thrown;
      }
    }
  }

  /** Takes over an open pack that no living process writes to. */
  async #adopt(name: string): Promise<Current | undefined> {
    const { shelf } = this.#options;
    const file = shelf.fileOf(name);
    const lock = await takeLock(file, 'exclusive', { wait: false });
    if (!lock) return undefined;
    shelf.owned.add(name);
    const handle = await open(file, 'r+').catch(() => undefined);
    const adopted = handle && (await this.#recover({ name, file, handle, lock }).catch(() => undefined));
    this.#current = adopted;
    if (adopted) return adopted;
    shelf.owned.delete(name);
    await handle?.close();
    await lock.release();
    return undefined;
  }

  /** `undefined`: nothing can be added to it, or it was empty or complete and is no longer there. */
  async #recover({
    name,
    file,
    handle,
    lock,
  }: Omit<Current, 'pack'> & { name: string }): Promise<Current | undefined> {
    const { shelf } = this.#options;
    const { size } = await handle.stat();
    const read = async (offset: number, length: number) => {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, offset);
      return buffer.subarray(0, bytesRead);
    };
    if (!(await read(0, packHeadBytes)).equals(packHead)) {
      await rm(file, { force: true });
      return undefined;
    }
    const index = await readPackIndex(read, size);
    if (index && index !== 'damaged') {
      await this.#handOver(name, file);
      // What was seen of it while it was open may not have been all.
      shelf.keep(new Pack(name, { kind: 'sealed', sizeBytes: size }, index.offset, index.entries));
      return undefined;
    }
    let pack = shelf.get(name);
    if (!pack) {
      pack = new Pack(name, { kind: 'open', file }, packHeadBytes);
      shelf.keep(pack);
    }
    const { damaged } = await shelf.grow(pack);
    for (const { offset, length } of damaged)
      shelf.faults.set(name, { pack: name, reason: `${length} bytes from ${offset} on are no record` });
    await handle.truncate(pack.end);
    await handle.datasync();
    return { pack, file, handle, lock };
  }

  async #sealCurrent(current: Current): Promise<void> {
    const { pack, file, handle } = current;
    if (pack.count === 0) {
      this.#options.shelf.forget(pack);
      await rm(file, { force: true });
      return this.#letGo();
    }
    const index = encodePackIndex(pack.encoded(), pack.end);
    try {
      await writeAll(handle, index, pack.end);
      await handle.datasync();
      await this.#handOver(pack.name, file);
      pack.place = { kind: 'sealed', sizeBytes: pack.end + index.length };
    } finally {
      await this.#letGo();
    }
  }

  /** A complete file becomes an object. */
  async #handOver(name: string, file: string): Promise<void> {
    await this.#options.objects.putFile(objectOf(name), file);
    await rm(file, { force: true });
  }

  async #letGo(): Promise<void> {
    const current = this.#current;
    if (!current) return;
    this.#current = undefined;
    this.#options.shelf.owned.delete(current.pack.name);
    await current.handle.close().catch(() => {});
    await current.lock.release();
  }
}
