import path from 'node:path';
import { asGreifError, GreifError } from '../../core/errors.ts';
import { readPartitionTable } from '../disk/partition-table.ts';
import { minimumDiskBytes, planStretches } from '../disk/stretches.ts';
import {
  type Manifest,
  manifestSchema,
  type OperatingSystem,
  type PartitionTable,
  type Volume,
} from '../format/manifest.ts';
import type { ImageStore } from '../store/image-store.ts';
import { createChunkKeeper } from './chunk-keeper.ts';
import { describeVolume, importStretch } from './import-stretch.ts';
import { openImportWork } from './import-work.ts';
import { openJournal } from './journal.ts';
import { type ImageSource, openSource } from './source.ts';
import { sourceFault } from './source-fault.ts';

export interface ImportProgress {
  /** Of the file while it is unpacked, then of the disk. */
  doneBytes: number;
  totalBytes: number;
  newChunks: number;
  reusedChunks: number;
}

export interface ImportOptions {
  name: string;
  /** raw, qcow2, vmdk, vhdx, vdi, vhd, a WIM or a root file system's tar, also in gzip, xz or zstd; a folder in the OCI image layout; or casync's index of a disk. */
  file: string;
  /** Where the chunks of a casync index are: a folder or an http(s) address. */
  chunkStore?: string | undefined;
  /** Which system of a WIM; not needed when it holds but one. */
  wimIndex?: number | undefined;
  /** What the disk that gets it is there for; the system's disk unless told. */
  role?: string | undefined;
  /** Where the appliance keeps the loaders that firmware may start (`boot/loaders`): needed for a root file system. */
  loadersFolder?: string | undefined;
  store: ImageStore;
  onProgress?: ((progress: ImportProgress) => void) | undefined;
  /** Ends the import with the signal's reason; the next one goes on where it was. */
  signal?: AbortSignal | undefined;
}

/**
 * Reads a disk image into the store as a new version of `name`, or finds the newest version to hold the same already. The manifest is written last, so a
 * half-done import leaves no image; started again with the same unchanged file it goes on at the last chunk that was durable.
 * Throws IMAGE_SOURCE_INVALID, PARTITION_TABLE_INVALID, STORE_FULL, BAD_REQUEST for a name that cannot be.
 */
export const importImage = async (options: ImportOptions): Promise<Manifest> => {
  const { name, store, signal, onProgress = () => {} } = options;
  if (!manifestSchema.shape.name.safeParse(name).success)
    throw new GreifError(
      'BAD_REQUEST',
      `"${name}" cannot name an image: use a-z, 0-9, ".", "_" and "-", 63 at most`,
    );
  const file = path.resolve(options.file);
  await store.assertRoom();
  await using ended = new AsyncDisposableStack();
  const held = await store.holdChunks();
  ended.defer(() => held.release());
  const work = await openImportWork(path.join(store.folder, 'imports'), file, `${options.wimIndex ?? ''}`);
  ended.defer(() => work.close());
  const keeper = createChunkKeeper(store.chunks);
  const report = (doneBytes: number, totalBytes: number) =>
    onProgress({ doneBytes, totalBytes, ...keeper.count });
  const source = await openSource({
    ...options,
    file,
    workFolder: work.folder,
    onUnpack: report,
  });
  ended.defer(() => source.close());
  const journal = await openJournal(work.journalFile, (id) => store.chunks.has(id));
  ended.defer(() => journal.close());

  const table = await readTable(source, file);
  const stretches = planStretches(table);
  const totalBytes = stretches.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const onDone = (doneBytes: number) => report(doneBytes, totalBytes);
  const volumes: Volume[] = [];
  let os: OperatingSystem | undefined;
  for (const stretch of stretches) {
    const index = await importStretch({ source, keeper, journal, onDone, signal }, stretch);
    const { system, ...volume } = await describeVolume(stretch, index, source, work.folder);
    os ??= system && volume.partition !== undefined ? { ...system, partition: volume.partition } : undefined;
    if (volume.kind !== 'gap' || volume.dataBytes > 0)
      volumes.push({ ...volume, index: await store.addIndex(index) });
  }
  report(totalBytes, totalBytes); // with the last chunks counted
  await work.assertUnchanged();
  const { manifest } = await store.publish({
    format: 'greif-image/1',
    name,
    createdAt: new Date().toISOString(),
    ...(os && { os }),
    ...(options.role && { role: options.role }),
    source: { kind: 'file', file: path.basename(file), format: source.format },
    diskSizeBytes: source.sizeBytes,
    minimumDiskBytes: minimumDiskBytes(table),
    table,
    volumes,
  });
  work.finished();
  return manifest;
};

/** A table that points behind the end is how a raw file that was cut short shows. */
const readTable = async (source: ImageSource, file: string): Promise<PartitionTable> => {
  const read = async (position: number, length: number): Promise<Buffer> => {
    const bytes = Buffer.alloc(Math.max(0, Math.min(length, source.sizeBytes - position)));
    await source.read(position, bytes);
    return bytes;
  };
  try {
    return await readPartitionTable(read, source.sizeBytes);
  } catch (thrown) {
    const error = asGreifError(thrown);
    if (!error.details?.['beyondEnd']) throw thrown;
    throw sourceFault(
      file,
      `it is cut short: ${error.message}; copy it again from where it came from`,
      thrown,
    );
  }
};
