import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BootFile } from '../boot-folder.ts';
import { type ByteRange, readRange } from './range.ts';

const bufferBytes = 1024 * 1024;
/** Buffers for the next response: allocating a megabyte for each read is what makes a naive stream slow. */
const spare: Buffer[] = [];
const spareBuffers = 16;

const flushed = (response: ServerResponse, bytes: Buffer): Promise<void> =>
  new Promise((resolve, reject) => {
    const gone = () => reject(new Error('the client went away'));
    response.once('close', gone);
    response.write(bytes, (error) => {
      response.off('close', gone);
      if (error) reject(error);
      else resolve();
    });
  });

/** While one buffer goes out the other is filled. */
const sendBytes = async (
  file: BootFile,
  { first, last }: ByteRange,
  response: ServerResponse,
): Promise<void> => {
  const buffers = [0, 1].map(() => spare.pop() ?? Buffer.allocUnsafeSlow(bufferBytes)) as [Buffer, Buffer];
  let flushing: Promise<void> = Promise.resolve();
  try {
    for (let at = first, turn = 0; at <= last; turn ^= 1) {
      const buffer = buffers[turn === 0 ? 0 : 1];
      const count = await file.read(buffer.subarray(0, Math.min(bufferBytes, last + 1 - at)), at);
      if (count === 0) throw new Error('the file became shorter while it was sent');
      await flushing;
      flushing = flushed(response, buffer.subarray(0, count));
      // Waited for in the next round; a failure until then is no unhandled one.
      flushing.catch(() => {});
      at += count;
    }
    await flushing;
    if (spare.length < spareBuffers) spare.push(...buffers);
  } finally {
    await flushing.catch(() => {});
  }
};

const isWanted = (request: IncomingMessage, etag: string): boolean => {
  const condition = request.headers['if-range'];
  return condition === undefined || condition === etag;
};

/** Sends a file or the part asked for; firmware follows no redirect and wants a Content-Length on HEAD. */
export const sendFile = async (
  file: BootFile,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const { sizeBytes } = file;
  const etag = `"${file.version}"`;
  const headers = { 'Content-Type': 'application/octet-stream', 'Accept-Ranges': 'bytes', ETag: etag };
  const range = isWanted(request, etag) ? readRange(request.headers.range, sizeBytes) : undefined;
  if (range === 'unsatisfiable') {
    response
      .writeHead(416, { ...headers, 'Content-Range': `bytes */${sizeBytes}`, 'Content-Length': 0 })
      .end();
    return;
  }
  const { first, last } = range ?? { first: 0, last: sizeBytes - 1 };
  response.writeHead(range ? 206 : 200, {
    ...headers,
    'Content-Length': last + 1 - first,
    ...(range && { 'Content-Range': `bytes ${first}-${last}/${sizeBytes}` }),
  });
  if (request.method !== 'HEAD') await sendBytes(file, { first, last }, response);
  response.end();
};
