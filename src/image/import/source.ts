import { access, open, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import { buildDisk, type Content } from '../build/build-disk.ts';
import { isSavedDisk, restoreDisk } from '../partclone/restore-disk.ts';
import { syncPath } from '../store/durable-file.ts';
import { freeSpace } from '../store/free-space.ts';
import { storeFailure, storeFull } from '../store/store-failure.ts';
import { assembleDisk } from './casync-source.ts';
import { convertDisk, listData, proveDisk } from './qemu-image.ts';
import { sourceFault, unreadableSource } from './source-fault.ts';
import {
  type Container,
  detectCasyncIndex,
  detectContainer,
  detectContent,
  detectDiskFormat,
} from './source-format.ts';
import { unpackFile } from './unpack.ts';

/** A disk image, open as the bytes of the disk. */
export interface ImageSource {
  /** What the file was: `raw`, `qcow2`, `qcow2 in xz`, … */
  format: string;
  /** The raw file that is read. */
  rawFile: string;
  sizeBytes: number;
  /** Fills `into`; all of it must lie within the disk. */
  read(position: number, into: Buffer): Promise<void>;
  /** The end of the hole (bytes known to be zero) around `position`, or `position` where there is none. */
  holeEnd(position: number): number;
  close(): Promise<void>;
}

export interface OpenSourceOptions {
  file: string;
  /** Where the chunks of a casync index are. */
  chunkStore?: string | undefined;
  /** Where unpacked copies go; what lies there from an interrupted run with the same file is used again. */
  workFolder: string;
  onUnpack: (doneBytes: number, totalBytes: number) => void;
  /** Which system of a WIM; not needed when it holds but one. */
  wimIndex?: number | undefined;
  /** Where the appliance keeps the loaders that firmware may start: needed for a root file system. */
  loadersFolder?: string | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Opens raw, qcow2, vmdk, vhdx, vdi and vhd files, also inside gzip, xz or zstd, told apart by content. All but raw are unpacked into a sparse
 * file first. Of a WIM, a root file system's archive or a container image a disk is made. Throws IMAGE_SOURCE_INVALID for what is damaged,
 * cut short or leans on other files; STORE_FULL.
 */
export const openSource = async (options: OpenSourceOptions): Promise<ImageSource> => {
  const container = await proveSource(options.file);
  const file = container ? await unpackOnce(options, container) : options.file;
  const { format, rawFile } = await makeRaw(options, file);
  return openRaw(rawFile, container ? `${format} in ${container}` : format, options.signal);
};

const makeRaw = async (options: OpenSourceOptions, file: string): Promise<RawDisk> => {
  const content = await detectContent(file);
  if (content) return build(options, content, file);
  if ((await stat(file)).isDirectory()) return restoreSaved(options, file);
  return (await detectCasyncIndex(file)) ? assemble(options, file) : convert(options, file);
};

/** What the file is packed in; of a folder, nothing. */
const proveSource = async (file: string): Promise<Container | undefined> => {
  const found = await stat(file).catch(unreadableSource(file));
  if (found.isDirectory()) {
    if ((await detectContent(file)) || (await isSavedDisk(file))) return undefined;
    throw sourceFault(
      file,
      'it is a folder, and neither in the OCI image layout nor an image of Clonezilla (parts, …-pt.sf) or FOG (d1.partitions, d1.mbr)',
    );
  }
  if (!found.isFile()) throw sourceFault(file, 'it is no regular file');
  if (found.size === 0) throw sourceFault(file, 'it is empty');
  return detectContainer(file);
};

const unpackOnce = async (
  { file, workFolder, onUnpack, signal }: OpenSourceOptions,
  container: Container,
): Promise<string> => {
  const { size } = await stat(file);
  return makeOnce(path.join(workFolder, 'unpacked'), async (target) => {
    await proveSpace(workFolder, size);
    await unpackFile(file, container, target, (done) => onUnpack(done, size), signal);
  });
};

interface RawDisk {
  format: string;
  rawFile: string;
}

/** A disk that Clonezilla or FOG saved. */
const restoreSaved = async (options: OpenSourceOptions, folder: string): Promise<RawDisk> => {
  const { workFolder, onUnpack: onProgress, signal } = options;
  const rawFile = await makeOnce(path.join(workFolder, 'disk'), (target) =>
    restoreDisk({ folder, target, onProgress, signal }),
  );
  return { format: 'partclone', rawFile };
};

const build = async (options: OpenSourceOptions, content: Content, from: string): Promise<RawDisk> => {
  const { file, workFolder, wimIndex, loadersFolder, onUnpack, signal } = options;
  const scratch = path.join(workFolder, 'build');
  const make = {
    content,
    from,
    source: file,
    wimIndex,
    loadersFolder,
    scratch,
    onProgress: onUnpack,
    signal,
  };
  const rawFile = await makeOnce(path.join(workFolder, 'disk'), (target) => buildDisk({ ...make, target }));
  return { format: content, rawFile };
};

const convert = async (
  { workFolder, onUnpack, signal }: OpenSourceOptions,
  file: string,
): Promise<RawDisk> => {
  const format = await detectDiskFormat(file);
  if (format === 'raw') return { format, rawFile: file };
  await proveDisk(file, format, signal);
  const rawFile = await makeOnce(path.join(workFolder, 'disk'), async (target) => {
    const data = await listData(file, format, signal);
    await proveSpace(
      workFolder,
      data.reduce((sum, { length }) => sum + length, 0),
    );
    await convertDisk(file, format, target, onUnpack, signal);
  });
  return { format, rawFile };
};

const assemble = async (options: OpenSourceOptions, indexFile: string): Promise<RawDisk> => {
  const { chunkStore: place, workFolder, onUnpack: onProgress, signal } = options;
  const rawFile = await makeOnce(path.join(workFolder, 'disk'), (target) =>
    assembleDisk(indexFile, { place, target, onProgress, signal }),
  );
  return { format: 'casync', rawFile };
};

/** A file that an interrupted run has made whole is taken as it is; it gets its name only when its bytes are on the disk. Throws STORE_FULL. */
const makeOnce = async (file: string, make: (target: string) => Promise<void>): Promise<string> => {
  const made = await access(file).then(
    () => true,
    () => false,
  );
  if (made) return file;
  const part = `${file}.part`;
  try {
    await make(part);
    await syncPath(part);
  } catch (thrown) {
    throw storeFailure(thrown, part);
  }
  await rename(part, file);
  return file;
};

const proveSpace = async (folder: string, neededBytes: number): Promise<void> => {
  const { freeBytes } = await freeSpace(folder);
  if (freeBytes < neededBytes)
    throw storeFull(folder, `unpacking needs ${neededBytes} bytes, ${freeBytes} are free`);
};

const openRaw = async (file: string, format: string, signal?: AbortSignal): Promise<ImageSource> => {
  const { size } = await stat(file);
  if (size % 512 !== 0)
    throw sourceFault(file, `${size} bytes are no whole number of sectors: it is cut short or no disk image`);
  const data = await listData(file, 'raw', signal);
  const handle = await open(file, 'r');
  return {
    format,
    rawFile: file,
    sizeBytes: size,
    holeEnd: (position) => holeEnd(data, position, size),
    close: () => handle.close(),
    async read(position, into) {
      for (let done = 0; done < into.length; ) {
        const { bytesRead } = await handle.read(into, done, into.length - done, position + done);
        if (bytesRead === 0) throw sourceFault(file, 'it became shorter while it was read');
        done += bytesRead;
      }
    },
  };
};

/** `data` are the stretches that may hold anything, in order. */
export const holeEnd = (
  data: readonly { start: number; length: number }[],
  position: number,
  sizeBytes: number,
): number => {
  let low = 0;
  let high = data.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const extent = data[middle];
    if (extent && extent.start + extent.length <= position) low = middle + 1;
    else high = middle;
  }
  const next = data[low];
  return next ? Math.max(position, next.start) : sizeBytes;
};
