import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ReadAt } from '../../image/disk/invalid-table.ts';
import { allZero } from '../../image/format/chunker.ts';
import type { Run } from '../programs.ts';

/** More is not copied into memory: such a volume is read whole. */
const mostBytes = 256 * 1024 * 1024;
const pieceBytes = 64 * 1024;

/**
 * Lends a copy of an F2FS volume's metadata, as a device of the volume's size: superblock, checkpoints, segment and node tables lie before the
 * main area (include/linux/f2fs_fs.h), and nothing behind them tells which blocks are used. Zeros take no memory.
 */
export const withF2fsMetadata = async <Result>(
  read: ReadAt,
  sizeBytes: number,
  run: Run,
  use: (device: string) => Promise<Result>,
): Promise<Result> => {
  const superblock = await read(1024, 1024);
  const metadataBytes = superblock.readUInt32LE(92) * 2 ** superblock.readUInt32LE(16);
  if (!(metadataBytes <= Math.min(mostBytes, sizeBytes)))
    throw new Error(`its metadata takes ${metadataBytes} bytes`);
  const folder = await mkdtemp(path.join(tmpdir(), 'greif-f2fs-'));
  try {
    const file = path.join(folder, 'metadata');
    await copy(read, metadataBytes, file, sizeBytes);
    const device = (await run('losetup', ['--find', '--show', file])).trim();
    try {
      return await use(device);
    } finally {
      await run('losetup', ['--detach', device]);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const copy = async (read: ReadAt, bytes: number, file: string, sizeBytes: number): Promise<void> => {
  const target = await open(file, 'wx');
  try {
    await target.truncate(sizeBytes);
    for (let at = 0; at < bytes; at += pieceBytes) {
      const piece = await read(at, Math.min(pieceBytes, bytes - at));
      if (!allZero(piece)) await target.write(piece, 0, piece.length, at);
    }
  } finally {
    await target.close();
  }
};
