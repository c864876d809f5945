import type { FileHandle } from 'node:fs/promises';

const windowBytes = 2 ** 20;

/** Reads a file in large pieces and hands out small ones: a view that is good until the next call, shorter at the file's end. */
export const readWindows = (file: FileHandle) => {
  const window = Buffer.allocUnsafe(windowBytes);
  let start = 0;
  let filled = 0;
  const fill = async (buffer: Buffer, position: number): Promise<number> => {
    let length = 0;
    for (let more = 1; more > 0 && length < buffer.length; length += more)
      more = (await file.read(buffer, length, buffer.length - length, position + length)).bytesRead;
    return length;
  };
  return async (position: number, length: number): Promise<Buffer> => {
    if (length > windowBytes) {
      const own = Buffer.allocUnsafe(length);
      return own.subarray(0, await fill(own, position));
    }
    if (position < start || position + length > start + filled) {
      start = position;
      filled = await fill(window, position);
    }
    return window.subarray(position - start, Math.min(position - start + length, filled));
  };
};
