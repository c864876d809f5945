import { access, open, rename, stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import { syncPath } from '../store/durable-file.ts';
import { storeFull } from '../store/store-failure.ts';
import { assembleDisk } from './casync-source.ts';
import { convertDisk, listData, proveDisk } from './qemu-image.ts';
import { sourceFault } from './source-fault.ts';
import { detectCasyncIndex, detectContainer, detectDiskFormat } from './source-format.ts';
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
  store?: string | undefined;
  /** Where unpacked copies go; what lies there from an interrupted run with the same file is used again. */
  workFolder: string;
  onUnpack: (doneBytes: number, totalBytes: number) => void;
  signal?: AbortSignal | undefined;
}

/**
 * Opens raw, qcow2, vmdk, vhdx, vdi and vhd files, also inside gzip, xz or zstd, told apart by content. All but raw are unpacked into a sparse
 * file first. Throws IMAGE_SOURCE_INVALID for what is damaged, cut short or leans on other files; STORE_FULL.
 */
export const openSource = async (options: OpenSourceOptions): Promise<ImageSource> => {
  const { workFolder, onUnpack, signal } = options;
  let { file } = options;
  await proveRegularFile(file);
  const container = await detectContainer(file);
  if (container) {
    const { size } = await stat(file);
    file = await makeOnce(path.join(workFolder, 'unpacked'), async (target) => {
      await proveSpace(workFolder, size);
      await unpackFile(options.file, container, target, (done) => onUnpack(done, size), signal);
    });
  }
  if (await detectCasyncIndex(file)) return openCasync(file, options);
  const diskFormat = await detectDiskFormat(file);
  if (diskFormat !== 'raw') {
    await proveDisk(file, diskFormat, signal);
    const packed = file;
    file = await makeOnce(path.join(workFolder, 'disk'), async (target) => {
      const data = await listData(packed, diskFormat, signal);
      await proveSpace(
        workFolder,
        data.reduce((sum, { length }) => sum + length, 0),
      );
      await convertDisk(packed, diskFormat, target, onUnpack, signal);
    });
  }
  return openRaw(file, container ? `${diskFormat} in ${container}` : diskFormat, signal);
};

const openCasync = async (indexFile: string, options: OpenSourceOptions): Promise<ImageSource> => {
  const { store: place, workFolder, onUnpack: onProgress, signal } = options;
  const file = await makeOnce(path.join(workFolder, 'disk'), (target) =>
    assembleDisk(indexFile, { place, target, onProgress, signal }),
  );
  return openRaw(file, 'casync', signal);
};

/** A file that an interrupted run has made whole is taken as it is; it gets its name only when its bytes are on the disk. */
const makeOnce = async (file: string, make: (target: string) => Promise<void>): Promise<string> => {
  const made = await access(file).then(
    () => true,
    () => false,
  );
  if (made) return file;
  await make(`${file}.part`);
  await syncPath(`${file}.part`);
  await rename(`${file}.part`, file);
  return file;
};

const proveRegularFile = async (file: string): Promise<void> => {
  const found = await stat(file).catch((cause: NodeJS.ErrnoException) => {
    throw sourceFault(file, cause.code === 'ENOENT' ? 'there is no such file' : cause.message, cause);
  });
  if (!found.isFile()) throw sourceFault(file, 'it is no regular file');
  if (found.size === 0) throw sourceFault(file, 'it is empty');
};

const proveSpace = async (folder: string, neededBytes: number): Promise<void> => {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < neededBytes)
    throw storeFull(folder, `unpacking needs ${neededBytes} bytes, ${bavail * bsize} are free`);
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
