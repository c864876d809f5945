import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { allZero } from '../format/chunker.ts';
import { startTool } from './run-tool.ts';
import { sourceFault } from './source-fault.ts';
import type { Container } from './source-format.ts';

/**
 * Unpacks `file` with Debian's own program into the sparse file `target`. `onProgress` counts packed bytes.
 * Throws IMAGE_SOURCE_INVALID when it is damaged or cut short, ENOSPC.
 */
export const unpackFile = async (
  file: string,
  container: Container,
  target: string,
  onProgress: (doneBytes: number) => void,
  signal?: AbortSignal,
): Promise<void> => {
  const child = startTool(container, ['-dc'], signal);
  const packed = createReadStream(file, { highWaterMark: 1024 * 1024 });
  let done = 0;
  packed.on('data', (piece) => {
    done += piece.length;
    onProgress(done);
  });
  const feed = pipeline(packed, child.stdin).catch(() => {}); // a program that stops reading says why by its status
  const handle = await open(target, 'w');
  try {
    await writeSparse(child.stdout, handle);
    const { status, complaint } = await child.ended;
    if (status !== 0)
      throw sourceFault(
        file,
        `it cannot be unpacked to its end, so it is damaged or cut short (${complaint})`,
      );
  } finally {
    child.kill('SIGKILL');
    await feed;
    await handle.close();
  }
};

const writeSparse = async (bytes: AsyncIterable<Buffer>, handle: FileHandle): Promise<void> => {
  let position = 0;
  for await (const piece of bytes) {
    if (!allZero(piece)) await writeWhole(handle, piece, position);
    position += piece.length;
  }
  await handle.truncate(position);
};

/** A write to a disk that is nearly full may be short; the next one then says ENOSPC. */
const writeWhole = async (handle: FileHandle, bytes: Buffer, position: number): Promise<void> => {
  for (let done = 0; done < bytes.length; )
    done += (await handle.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
};
