import { open } from 'node:fs/promises';
import { chunkBytes } from '../format/chunker.ts';
import { type ChunkIndex, encodeIndexItem, indexItemBytes, viewIndexItems } from '../format/index-file.ts';
import type { ChunkId } from '../ports.ts';

/**
 * What an import has finished: an index item for each chunk that is durable in the store, its end counted from the start of
 * the disk. After a crash the file's last records may be missing or wrong; they are cut off.
 */
export interface Journal {
  /** The records of earlier runs, without a gap from the start of the disk on. */
  readonly found: ChunkIndex;
  append(items: readonly JournalItem[]): Promise<void>;
  close(): Promise<void>;
}

export interface JournalItem {
  end: number;
  id: ChunkId;
}

/** Opens or makes the journal; its records count up to the first whose chunk `isKept` does not know. */
export const openJournal = async (
  file: string,
  isKept: (id: ChunkId) => Promise<boolean>,
): Promise<Journal> => {
  const handle = await open(file, 'a+');
  const bytes = await handle.readFile();
  const whole = viewIndexItems(bytes.subarray(0, bytes.length - (bytes.length % indexItemBytes)));
  const good = (await countGood(whole, isKept)) * indexItemBytes;
  await handle.truncate(good);
  return {
    found: viewIndexItems(bytes.subarray(0, good)),
    append: (items) => handle.appendFile(Buffer.concat(items.map(({ end, id }) => encodeIndexItem(end, id)))),
    close: () => handle.close(),
  };
};

const countGood = async (items: ChunkIndex, isKept: (id: ChunkId) => Promise<boolean>): Promise<number> => {
  let proven: ChunkId | undefined; // holes repeat one id
  for (let item = 0; item < items.count; item++) {
    const size = items.size(item);
    if (!(size > 0 && size <= chunkBytes.maximum)) return item;
    const id = items.id(item);
    if (id !== proven && !(await isKept(id))) return item;
    proven = id;
  }
  return items.count;
};
