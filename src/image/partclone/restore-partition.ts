import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { startTool } from '../import/run-tool.ts';
import { sourceFault } from '../import/source-fault.ts';

/** By the first bytes of the packed image. */
const packers: Record<string, string> = {
  '1f8b': 'gzip',
  '28b52ffd': 'zstd',
  fd377a585a00: 'xz',
  '04224d18': 'lz4',
};

const headBytes = 60;

/**
 * How large the file system in a partclone image was, by its head: version 0002 has `partclone-image\0`, its own version, `0002`, the byte order and the file
 * system's name before the u64; 0001 the name, `0001`, two bytes and an i32.
 */
const deviceBytes = (head: Buffer): number | undefined => {
  if (head.length < headBytes || head.toString('latin1', 0, 15) !== 'partclone-image') return undefined;
  const version = head.toString('latin1', 30, 34);
  const size =
    version === '0002' ? head.readBigUInt64LE(52) : version === '0001' ? head.readBigUInt64LE(40) : undefined;
  return size === undefined ? undefined : Number(size);
};

export interface PartitionRestore {
  /** The pieces of one partclone image, in order. */
  files: readonly string[];
  /** The raw disk, and where the partition lies on it. */
  target: string;
  firstByte: number;
  sizeBytes: number;
  onBytes(count: number): void;
  signal?: AbortSignal | undefined;
}

/** Has partclone write the image into its place; it proves the image's checksums. Throws IMAGE_SOURCE_INVALID, ENOSPC. */
export const restorePartition = async (restore: PartitionRestore): Promise<void> => {
  const { files, target, firstByte, sizeBytes, onBytes, signal } = restore;
  const [first = ''] = files;
  const packer = await packerOf(first);
  const pieces = readAll(files, onBytes);
  const writer = startTool(
    'partclone.restore',
    ['-C', '-q', '-L', '/dev/null', '-s', '-', '-O', target, '-E', `${firstByte}`],
    signal,
  );
  writer.stdout.resume();
  const proven = async function* (bytes: AsyncIterable<Buffer>) {
    let head: Buffer | undefined = Buffer.alloc(0);
    for await (const piece of bytes) {
      if (head) {
        head = Buffer.concat([head, piece]);
        if (head.length < headBytes) continue;
        proveSize(first, head, sizeBytes);
        yield head;
        head = undefined;
      } else yield piece;
    }
    if (head) throw sourceFault(first, 'it holds no partclone image');
  };
  try {
    if (packer) {
      const unpacker = startTool(packer, ['-dc'], signal);
      const feed = pipeline(pieces, unpacker.stdin).catch(() => {}); // a program that stops reading says why by its status
      try {
        await pipeline(unpacker.stdout, proven, writer.stdin).catch(keepFault);
        await prove(
          first,
          unpacker.ended,
          'it cannot be unpacked to its end, so it is damaged, cut short or a piece is missing',
        );
      } finally {
        unpacker.kill('SIGKILL');
        await feed;
      }
    } else await pipeline(pieces, proven, writer.stdin).catch(keepFault);
    await prove(
      first,
      writer.ended,
      'partclone cannot read it to its end, so it is damaged, cut short or a piece is missing',
    );
  } finally {
    writer.kill('SIGKILL');
    await writer.ended.catch(() => {});
  }
};

/** A broken pipe only says that a program stopped; its status says why. */
const keepFault = (thrown: unknown): void => {
  const { code } = thrown as { code?: string };
  if (code !== 'EPIPE' && code !== 'ERR_STREAM_PREMATURE_CLOSE' && code !== 'ECONNRESET') throw thrown;
};

const prove = async (
  file: string,
  ended: Promise<{ status: number; complaint: string }>,
  problem: string,
): Promise<void> => {
  const { status, complaint } = await ended;
  if (status !== 0) throw sourceFault(file, `${problem} (${complaint})`);
};

const proveSize = (file: string, head: Buffer, sizeBytes: number): void => {
  const device = deviceBytes(head);
  if (device === undefined) throw sourceFault(file, 'it holds no partclone image');
  if (device > sizeBytes)
    throw sourceFault(file, `it is the image of ${device} bytes, but its partition has only ${sizeBytes}`);
};

async function* readAll(files: readonly string[], onBytes: (count: number) => void): AsyncGenerator<Buffer> {
  for (const file of files)
    for await (const piece of createReadStream(file, { highWaterMark: 1024 * 1024 })) {
      onBytes(piece.length);
      yield piece;
    }
}

const packerOf = async (file: string): Promise<string | undefined> => {
  const handle = await open(file, 'r');
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(15), 0, 15, 0).finally(() => handle.close());
  const start = buffer.toString('hex', 0, bytesRead);
  const found = Object.entries(packers).find(([mark]) => start.startsWith(mark));
  if (found || buffer.toString('latin1') === 'partclone-image') return found?.[1];
  throw sourceFault(
    path.resolve(file),
    'it is packed in no way that is read (gzip, zstd, xz, lz4, or not at all)',
  );
};
