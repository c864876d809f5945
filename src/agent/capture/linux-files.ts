import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { rootedFiles } from '../../core/rooted-files.ts';
import type { Extent } from '../../image/disk/extents.ts';
import type { Run } from '../programs.ts';
import { parseFstab } from '../system/linux/fstab.ts';
import { swapHeader } from './swap.ts';

const usualNames = ['swapfile', 'swap.img', 'swap', 'swap/swapfile', 'var/swap', 'var/swapfile'];
const sectorBytes = 512;

/** Swap files that an fstab names, below the root. Pure. */
const swapFilesOf = (fstab: string): string[] =>
  parseFstab(fstab)
    .filter(({ type, device }) => type === 'swap' && device.startsWith('/') && !device.startsWith('/dev/'))
    .map(({ device }) => path.posix.resolve(device).slice(1));

/** The extents that `filefrag -e -b512` lists; `undefined` when some are not the file's alone, or lie in no one place. Pure. */
const parseFilefrag = (text: string): Extent[] | undefined => {
  const rows = [...text.matchAll(/^\s*\d+:\s*\d+\.\.\s*\d+:\s*(\d+)\.\.\s*\d+:\s*(\d+):(.*)$/gm)];
  if (rows.some(([, , , flags = '']) => /shared|encoded|inline|unknown|not_aligned|delalloc/.test(flags)))
    return undefined;
  return rows.map(([, first, count]) => ({
    firstByte: Number(first) * sectorBytes,
    sizeBytes: Number(count) * sectorBytes,
  }));
};

export interface LinuxFiles {
  /** What swap files hold behind their headers, counted from the start of the volume. */
  extents: Extent[];
  /** A Linux sleeps in one of them. */
  isHibernated: boolean;
}

const readStart = async (file: string): Promise<Buffer> => {
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const bytes = Buffer.alloc(65_536);
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, 0);
    return bytes.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
};

/** Finds swap files on a mounted, read-only file system: those of its own fstab and the usual names. */
export const findSwapFiles = async (folder: string, run: Run): Promise<LinuxFiles> => {
  const files = rootedFiles(folder);
  const fstab = (await files.read('etc/fstab')) ?? '';
  const found: LinuxFiles = { extents: [], isHibernated: false };
  for (const name of new Set([...usualNames, ...swapFilesOf(fstab)])) {
    const file = name === '' ? undefined : await files.locate(name);
    const header = file && swapHeader(await readStart(file).catch(() => Buffer.alloc(0)));
    if (!header) continue;
    if (header.isHibernated) found.isHibernated = true;
    const extents = parseFilefrag(await run('filefrag', ['-e', '-b512', file])) ?? [];
    found.extents.push(...behind(extents, header.sizeBytes));
  }
  return found;
};

/** The extents of a file without its first bytes. */
const behind = (extents: readonly Extent[], bytes: number): Extent[] => {
  let left = bytes;
  return extents.flatMap(({ firstByte, sizeBytes }) => {
    const cut = Math.min(left, sizeBytes);
    left -= cut;
    return sizeBytes > cut ? [{ firstByte: firstByte + cut, sizeBytes: sizeBytes - cut }] : [];
  });
};
