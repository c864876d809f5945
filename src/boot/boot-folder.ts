import { constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import path from 'node:path';
import { GreifError } from '../core/errors.ts';
import { type FileVersion, versionOf } from '../http/file-version.ts';

/** A file that is being sent. */
export interface BootFile {
  sizeBytes: number;
  /** Its file descriptor, until it is closed, if it has one. */
  descriptor?: number;
  /** Fills `into` from `position` on and returns how much there was. */
  read(into: Buffer, position: number): Promise<number>;
  close(): Promise<void>;
}

/** One that lies on the disk. */
export interface StoredFile extends BootFile, FileVersion {
  descriptor: number;
}

/** The files that firmware and the first stage download. */
export interface BootFolder<File extends BootFile = BootFile> {
  /** Throws BOOTFILE_NOT_FOUND, or ACCESS_VIOLATION for a path that would leave the folder. */
  open(requestPath: string): Promise<File>;
}

/** A request's path without leading slashes. Throws ACCESS_VIOLATION for what no boot loader of ours asks for. */
export const cleanPath = (requestPath: string): string => {
  const relative = requestPath.replace(/^\/+/, '');
  if (/[\0\\]/.test(relative) || relative.split('/').includes('..'))
    throw new GreifError('ACCESS_VIOLATION', `${JSON.stringify(requestPath)} is no path in the boot folder`);
  return relative;
};

const notFound = (requestPath: string, cause?: unknown): GreifError =>
  new GreifError('BOOTFILE_NOT_FOUND', `${requestPath} is not in the boot folder`, { cause });

const isAbsence = (cause: unknown): boolean =>
  ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP', 'EACCES', 'ENXIO'].includes(
    (cause as NodeJS.ErrnoException).code ?? '',
  );

const asStoredFile = async (handle: FileHandle): Promise<StoredFile> => ({
  ...(await versionOf(handle)),
  descriptor: handle.fd,
  read: async (into, position) => (await handle.read(into, 0, into.length, position)).bytesRead,
  close: () => handle.close(),
});

/** Symbolic links are followed as long as they end inside the folder. */
export const bootFolder = (folder: string): BootFolder<StoredFile> => ({
  async open(requestPath) {
    const wanted = path.join(folder, cleanPath(requestPath));
    try {
      const [inside, real] = await Promise.all([realpath(folder), realpath(wanted)]);
      if (!real.startsWith(`${inside}${path.sep}`))
        throw new GreifError('ACCESS_VIOLATION', `${requestPath} leads out of the boot folder`);
      const handle = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      if ((await handle.stat()).isFile()) return await asStoredFile(handle);
      await handle.close();
      throw notFound(requestPath);
    } catch (cause) {
      throw isAbsence(cause) ? notFound(requestPath, cause) : cause;
    }
  },
});

/** Text that was made for one request, served like a file. */
export const textFile = (text: string): BootFile => {
  const bytes = Buffer.from(text, 'utf8');
  return {
    sizeBytes: bytes.length,
    read: async (into, position) => bytes.copy(into, 0, position),
    close: async () => {},
  };
};
