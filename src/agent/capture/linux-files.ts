import { constants } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Extent } from '../disk/extents.ts';
import type { Run } from '../programs.ts';
import { swapHeader } from './swap.ts';

const usualNames = ['swapfile', 'swap.img', 'swap', 'swap/swapfile', 'var/swap', 'var/swapfile'];
const sectorBytes = 512;

/** Swap files that an fstab names, below the root. Pure. */
export const swapFilesOf = (fstab: string): string[] =>
  fstab
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([what = '', , type]) => type === 'swap' && what.startsWith('/') && !what.startsWith('/dev/'))
    .map(([what = '']) => what.replace(/^\/+/, ''));

/** The extents that `filefrag -e -b512` lists; `undefined` when some are not the file's alone, or lie in no one place. Pure. */
export const parseFilefrag = (text: string): Extent[] | undefined => {
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

const readStart = async (file: string): Promise<Buffer | undefined> => {
  try {
    const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      const bytes = Buffer.alloc(65_536);
      const isFile = (await handle.stat()).isFile();
      const { bytesRead } = isFile ? await handle.read(bytes, 0, bytes.length, 0) : { bytesRead: 0 };
      return bytes.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch {
    return undefined;
  }
};

/** Finds swap files on a mounted, read-only file system: those of its own fstab and the usual names. */
export const findSwapFiles = async (folder: string, run: Run): Promise<LinuxFiles> => {
  const fstab = await readFile(path.join(folder, 'etc/fstab'), 'utf8').catch(() => '');
  const found: LinuxFiles = { extents: [], isHibernated: false };
  for (const name of new Set([...usualNames, ...swapFilesOf(fstab)].map(path.normalize))) {
    if (name.startsWith('..')) continue;
    const file = path.join(folder, name);
    const header = swapHeader((await readStart(file)) ?? Buffer.alloc(0));
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
