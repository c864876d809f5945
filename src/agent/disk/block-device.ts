import { constants } from 'node:fs';
import { type FileHandle, open, readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import { GreifError } from '../../core/errors.ts';
import type { Extent } from '../../image/disk/extents.ts';
import { run } from '../programs.ts';
import { whileBusy } from '../while-busy.ts';
import { alignedBuffer } from './aligned-buffers.ts';

/**
 * The target disk, held exclusively: nothing on it can be mounted while it is open. Offsets and sizes are multiples of the sector,
 * buffers page-aligned, so that reads and writes pass the page cache by.
 */
export interface BlockDevice {
  readonly path: string;
  readonly sizeBytes: number;
  /** Whether it has a command that makes zeros (NVMe and SCSI "write zeroes"), which is nearly free; else the kernel writes them one by one. */
  readonly makesZeros: boolean;
  /** False if the driver refuses O_DIRECT: then `sync` also empties the page cache. */
  readonly direct: boolean;
  write(buffer: Buffer, firstByte: number): Promise<void>;
  read(buffer: Buffer, firstByte: number): Promise<void>;
  /** Makes zeros, by the disk itself where it can. */
  zero(extent: Extent, signal?: AbortSignal): Promise<void>;
  /** All that was written is on the disk when this returns. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

const writeFailed = (path: string, where: string, cause: unknown): GreifError =>
  new GreifError(
    'DISK_WRITE_FAILED',
    `writing to ${path} failed at ${where}: ${cause instanceof Error ? cause.message : String(cause)}. Check the disk and its cable, then file a new order.`,
    { cause, details: { path, where } },
  );

const exclusive = constants.O_RDWR | constants.O_EXCL;

const openExclusively = async (path: string): Promise<{ file: FileHandle; direct: boolean }> => {
  try {
    return { file: await whileBusy(() => open(path, exclusive | constants.O_DIRECT)), direct: true };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error;
    return { file: await whileBusy(() => open(path, exclusive)), direct: false };
  }
};

const openFailed = (path: string, cause: NodeJS.ErrnoException): GreifError =>
  cause.code === 'EBUSY'
    ? new GreifError(
        'DISK_UNSUITABLE',
        `the disk ${path} is in use: something on it is mounted or part of an array`,
        { cause },
      )
    : new GreifError('DISK_UNSUITABLE', `the disk ${path} cannot be opened for writing: ${cause.message}`, {
        cause,
      });

/** Moves the whole buffer: a device may take or give less at once. */
const whole = async (buffer: Buffer, move: (part: number) => Promise<number>): Promise<void> => {
  for (let done = 0; done < buffer.length; ) {
    const moved = await move(done);
    if (moved === 0) throw new Error('the device takes or gives no more bytes');
    done += moved;
  }
};

/** So many zeros are written sooner than a program is started that makes them. */
const writtenZeros = 4 * 1024 * 1024;
const zeros = alignedBuffer(1024 * 1024);

const writeZeros = async (write: BlockDevice['write'], extent: Extent): Promise<void> => {
  for (let done = 0; done < extent.sizeBytes; done += zeros.length)
    await write(zeros.subarray(0, extent.sizeBytes - done), extent.firstByte + done);
};

/** What the kernel knows of a block device: its size, and the most that one "write zeroes" may cover (0: it has no such command). */
const readFacts = async (device: string): Promise<Pick<BlockDevice, 'sizeBytes' | 'makesZeros'>> => {
  const folder = path.join('/sys/class/block', path.basename(await realpath(device)));
  const number = async (name: string) => Number(await readFile(path.join(folder, name), 'utf8'));
  return {
    sizeBytes: (await number('size')) * 512,
    makesZeros: (await number('queue/write_zeroes_max_bytes')) > 0,
  };
};

/** Throws DISK_UNSUITABLE when the disk is in use or cannot be written. */
export const openBlockDevice = async (path: string): Promise<BlockDevice> => {
  const { file, direct } = await openExclusively(path).catch((cause) => {
    throw openFailed(path, cause);
  });
  const write = async (buffer: Buffer, firstByte: number): Promise<void> => {
    await whole(
      buffer,
      async (done) => (await file.write(buffer, done, buffer.length - done, firstByte + done)).bytesWritten,
    ).catch((cause) => {
      throw writeFailed(path, `byte ${firstByte}`, cause);
    });
  };
  return {
    path,
    direct,
    ...(await readFacts(path)),
    write,
    async read(buffer, firstByte) {
      await whole(
        buffer,
        async (done) => (await file.read(buffer, done, buffer.length - done, firstByte + done)).bytesRead,
      ).catch((cause) => {
        throw new GreifError(
          'READ_BACK_MISMATCH',
          `${path} cannot be read at byte ${firstByte}: ${cause.message}`,
          { cause },
        );
      });
    },
    async zero({ firstByte, sizeBytes }, signal) {
      if (sizeBytes <= writtenZeros) return writeZeros(write, { firstByte, sizeBytes });
      // --force: without it blkdiscard wants the disk for itself, and we hold it.
      const args = ['--force', '--zeroout', '--offset', `${firstByte}`, '--length', `${sizeBytes}`, path];
      await run('blkdiscard', args, { signal }).catch((cause) => {
        throw writeFailed(path, `bytes ${firstByte} to ${firstByte + sizeBytes} (zeros)`, cause);
      });
    },
    async sync() {
      await file.sync().catch((cause) => {
        throw writeFailed(path, 'the final flush', cause);
      });
      if (!direct) await run('blockdev', ['--flushbufs', path]);
    },
    close: () => file.close(),
  };
};
