import { describeFileSystem } from '../disk/file-system.ts';
import type { FoundSystem } from '../disk/operating-system.ts';
import type { Stretch } from '../disk/stretches.ts';
import { describeIndex } from '../format/describe-index.ts';
import { encodeIndex, encodeIndexItem } from '../format/index-file.ts';
import type { Volume } from '../format/manifest.ts';
import type { ChunkKeeper, Keeping } from './chunk-keeper.ts';
import { cutChunks } from './cut.ts';
import { findSystem } from './find-system.ts';
import { findUnused } from './find-unused.ts';
import type { Journal } from './journal.ts';
import type { ImageSource } from './source.ts';

export interface StretchRun {
  source: ImageSource;
  keeper: ChunkKeeper;
  journal: Journal;
  /** Told how far the disk is done. */
  onDone(doneBytes: number): void;
  signal: AbortSignal | undefined;
}

/** Chunks on their way before the older half is waited for and noted in the journal. */
const mostPending = 512;

/**
 * Brings one stretch into the store and returns its index file. What the journal knows is not read again.
 * When it throws, nothing it started is still under way.
 */
export const importStretch = async (run: StretchRun, stretch: Stretch): Promise<Buffer> => {
  const { source, keeper, journal, onDone, signal } = run;
  const { firstByte, sizeBytes } = stretch;
  const { items, doneTo } = itemsInJournal(journal, firstByte, firstByte + sizeBytes);
  let pending: Keeping[] = [];
  const settle = async (oldest: Keeping[]): Promise<void> => {
    await Promise.all(oldest.map(({ stored }) => stored));
    await journal.append(oldest);
    for (const { end, id } of oldest) items.push(encodeIndexItem(end - firstByte, id));
  };
  try {
    for await (const chunk of cutChunks(source, doneTo, firstByte + sizeBytes)) {
      signal?.throwIfAborted();
      pending.push(await keeper.keep(chunk));
      onDone(chunk.end);
      if (pending.length < mostPending) continue;
      await settle(pending.slice(0, mostPending / 2));
      pending = pending.slice(mostPending / 2);
    }
    if (pending.length > 0) await settle(pending);
  } finally {
    await Promise.allSettled(pending.map(({ stored }) => stored));
  }
  return encodeIndex(Buffer.concat(items));
};

/** What earlier runs have finished of a stretch: its items, and where cutting goes on. */
const itemsInJournal = (
  { found }: Journal,
  firstByte: number,
  stretchEnd: number,
): { items: Buffer[]; doneTo: number } => {
  const items: Buffer[] = [];
  let doneTo = firstByte;
  for (let item = found.firstAfter(firstByte); item < found.count; item++) {
    const end = found.end(item);
    if (end > stretchEnd) break;
    items.push(encodeIndexItem(end - firstByte, found.id(item)));
    doneTo = end;
  }
  return { items, doneTo };
};

/** What the manifest says of a stretch, all but the digest of its index, and the system that is on it. */
export const describeVolume = async (
  stretch: Stretch,
  indexFile: Buffer,
  source: ImageSource,
  workFolder: string,
): Promise<Omit<Volume, 'index'> & { system?: FoundSystem | undefined }> => {
  const { rawFile } = source;
  const read = async (position: number, length: number): Promise<Buffer> => {
    const bytes = Buffer.alloc(Math.max(0, Math.min(length, source.sizeBytes - position)));
    await source.read(position, bytes);
    return bytes;
  };
  const fileSystem =
    stretch.kind === 'partition' ? await describeFileSystem(rawFile, stretch, read) : undefined;
  const system = fileSystem && (await findSystem(rawFile, stretch, fileSystem.type, workFolder));
  const unused =
    fileSystem &&
    (await findUnused(rawFile, stretch, fileSystem.type, (position, length) =>
      read(stretch.firstByte + position, Math.min(length, stretch.sizeBytes - position)),
    ));
  return {
    ...stretch,
    ...(fileSystem && { fileSystem }),
    ...(unused?.length && { unused }),
    ...describeIndex(indexFile),
    system,
  };
};
