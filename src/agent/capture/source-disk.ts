import { constants } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { GreifError } from '../../core/errors.ts';
import type { Run } from '../programs.ts';
import { whileBusy } from '../while-busy.ts';

/**
 * The disk that is captured. It is opened for reading only and exclusively, so that nothing on it can be mounted, and the kernel refuses
 * every write to it while it is open.
 */
export interface SourceDisk {
  readonly path: string;
  readonly sizeBytes: number;
  /** Fills `into`. Throws DISK_READ_FAILED that names the place. */
  read(position: number, into: Buffer): Promise<void>;
  /** What was read so far is forgotten: from now on it comes from the disk itself again. */
  forget(): Promise<void>;
  /** Sectors that were written and discarded since the PC was started, by the kernel's count; `undefined` where it does not count. */
  writesSoFar(): Promise<string | undefined>;
  close(): Promise<void>;
}

/** Documentation/block/stat.rst: sectors written and discarded. Requests are no measure: a flush counts as one and writes nothing. */
const writeFields = [6, 13];

const readFailed = (disk: string, position: number, cause: Error): GreifError =>
  new GreifError(
    'DISK_READ_FAILED',
    `${disk} cannot be read at byte ${position}: ${cause.message}. The disk or its cable is bad: nothing was captured.`,
    { cause, details: { position } },
  );

const openExclusively = async (disk: string) => {
  try {
    return await whileBusy(() => open(disk, constants.O_RDONLY | constants.O_EXCL));
  } catch (thrown) {
    const cause = thrown as NodeJS.ErrnoException;
    const reason = cause.code === 'EBUSY' ? 'something on it is mounted or part of an array' : cause.message;
    throw new GreifError('DISK_UNSUITABLE', `the disk ${disk} cannot be opened for capture: ${reason}`, {
      cause,
    });
  }
};

/** Throws DISK_UNSUITABLE. */
export const openSourceDisk = async (disk: string, run: Run): Promise<SourceDisk> => {
  const wasReadOnly = (await run('blockdev', ['--getro', disk])).trim() === '1';
  const file = await openExclusively(disk);
  const lock = async (how: '--setro' | '--setrw'): Promise<void> => {
    if (!wasReadOnly) await run('blockdev', [how, disk]);
  };
  try {
    await lock('--setro');
    const sizeBytes = Number(await run('blockdev', ['--getsize64', disk]));
    return {
      path: disk,
      sizeBytes,
      async read(position, into) {
        for (let done = 0; done < into.length; ) {
          const { bytesRead } = await file
            .read(into, done, into.length - done, position + done)
            .catch((cause) => {
              throw readFailed(disk, position + done, cause);
            });
          if (bytesRead === 0) throw readFailed(disk, position + done, new Error('the disk ends there'));
          done += bytesRead;
        }
      },
      async forget() {
        await run('blockdev', ['--flushbufs', disk]);
      },
      async writesSoFar() {
        const stat = await readFile(`/sys/class/block/${path.basename(disk)}/stat`, 'utf8').catch(() => '');
        const counts = stat.trim().split(/\s+/);
        return counts.length > 6 ? writeFields.map((field) => counts[field] ?? '0').join(' ') : undefined;
      },
      async close() {
        await file.close();
        await lock('--setrw');
      },
    };
  } catch (error) {
    await file.close();
    throw error;
  }
};
