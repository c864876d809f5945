import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, type FileHandle, mkdtemp, open, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { asGreifError, GreifError } from '../../core/errors.ts';
import type { Run } from '../programs.ts';
import { whileBusy } from '../while-busy.ts';
import {
  decodeRequest,
  encodeAnswer,
  encodeAttributes,
  encodeError,
  encodeInit,
  encodeOpened,
  encodeStatistics,
  encodeWritten,
  errno,
  type FuseRequest,
  requestBufferBytes,
} from './fuse-protocol.ts';

/** What a file is made of; called for one request at a time. */
export interface FileContent {
  sizeBytes: number;
  /** Fills `into` with what is at `position`; all of it lies within the file. */
  read(position: number, into: Buffer): Promise<void>;
  write(position: number, bytes: Buffer): Promise<void>;
  sync(): Promise<void>;
}

const device = '/dev/fuse';

const openDevice = async (run: Run): Promise<FileHandle> => {
  await access(device).catch(() => run('modprobe', ['fuse']));
  return open(device, 'r+');
};

/** `mount` is handed the open device as its descriptor 3; it attaches it to the file's place and ends. */
const mountAt = async (place: string, { fd }: FileHandle): Promise<void> => {
  const options = 'fd=3,rootmode=100600,user_id=0,group_id=0,max_read=1048576';
  const child = spawn('mount', ['-i', '-t', 'fuse', '-o', options, 'greif', place], {
    stdio: ['ignore', 'ignore', 'pipe', fd],
  });
  let complaint = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  const [status] = await once(child, 'close');
  if (status !== 0)
    throw new GreifError('STEP_FAILED', `the original volume cannot be shown as a file: ${complaint.trim()}`);
};

const answerTo = async (request: FuseRequest, content: FileContent): Promise<Buffer | undefined> => {
  const { unique } = request;
  switch (request.kind) {
    case 'init':
      return encodeAnswer(unique, encodeInit());
    case 'statistics':
      return encodeAnswer(unique, encodeStatistics());
    case 'attributes':
      return encodeAnswer(unique, encodeAttributes(content.sizeBytes));
    case 'open':
      return encodeAnswer(unique, encodeOpened());
    case 'read': {
      const { position, length } = request;
      const bytes = Buffer.alloc(Math.max(0, Math.min(length, content.sizeBytes - position)));
      await content.read(position, bytes);
      return encodeAnswer(unique, bytes);
    }
    case 'write':
      await content.write(request.position, request.bytes);
      return encodeAnswer(unique, encodeWritten(request.bytes.length));
    case 'sync':
      await content.sync();
      return encodeAnswer(unique);
    case 'nothing':
      return encodeAnswer(unique);
    case 'silent':
      return undefined;
    case 'unknown':
      return encodeError(unique, errno.ENOSYS);
  }
};

/** Answers the kernel until the file is unmounted (ENODEV). Returns the first failure of the content, which readers have seen as EIO. */
const serve = async (file: FileHandle, content: FileContent): Promise<unknown> => {
  const buffer = Buffer.alloc(requestBufferBytes);
  let failure: unknown;
  for (;;) {
    let length: number;
    try {
      ({ bytesRead: length } = await file.read(buffer, 0, buffer.length, null));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENODEV') return failure;
      if (code === 'EINTR' || code === 'ENOENT' || code === 'EAGAIN') continue; // the request was taken back
      return failure ?? error;
    }
    const request = decodeRequest(buffer.subarray(0, length));
    const answer = await answerTo(request, content).catch((error: unknown) => {
      failure ??= error;
      return encodeError(request.unique, errno.EIO);
    });
    // ENOENT: whoever asked has been killed meanwhile.
    if (answer) await file.write(answer).catch(() => {});
  }
};

/**
 * Lends `content` to `use` as a plain file that any program can open, read and write (FUSE, mounted over one file). Throws what `content`
 * threw rather than what the program made of it; STEP_FAILED when it cannot be mounted.
 */
export const withFile = async <Result>(
  content: FileContent,
  run: Run,
  use: (file: string) => Promise<Result>,
): Promise<Result> => {
  const folder = await mkdtemp(path.join(tmpdir(), 'greif-view-'));
  const place = path.join(folder, 'volume');
  await writeFile(place, '');
  const fuse = await openDevice(run);
  try {
    await mountAt(place, fuse);
    const serving = serve(fuse, content);
    let unmounted = false;
    try {
      // Asked for once, or a loop device of an older kernel takes the file for empty.
      await stat(place);
      const result = await use(place);
      await whileBusy(() => run('umount', [place]));
      unmounted = true;
      const failure = await serving;
      if (failure) throw failure;
      return result;
    } catch (error) {
      // Lazily: a program that was killed may not be gone yet.
      if (!unmounted) await run('umount', ['--lazy', place]);
      throw (await serving) ?? error;
    }
  } catch (error) {
    throw error instanceof Error ? error : asGreifError(error);
  } finally {
    await fuse.close();
    await rm(folder, { recursive: true, force: true });
  }
};
