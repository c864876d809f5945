import { mkdtemp, open, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readPartitionTable } from '../disk/partition-table.ts';
import type { Partition } from '../format/manifest.ts';
import { runTool } from '../import/run-tool.ts';
import { sourceFault } from '../import/source-fault.ts';
import { isClonezilla, readClonezilla } from './clonezilla.ts';
import { isFog, readFog } from './fog.ts';
import { restorePartition } from './restore-partition.ts';
import type { SavedDisk } from './saved-disk.ts';

/** Whether the folder is an image of Clonezilla or FOG. */
export const isSavedDisk = async (folder: string): Promise<boolean> => {
  const names = await readdir(folder);
  return isClonezilla(names) || isFog(names);
};

export interface DiskRestore {
  folder: string;
  /** A sparse file that is made. */
  target: string;
  onProgress(doneBytes: number, totalBytes: number): void;
  signal?: AbortSignal | undefined;
}

const sectorBytes = 512;
/** What comes behind it in the first sector is the table itself, which sfdisk has written. */
const bootCodeBytes = 440;

/** Puts the disk together that was saved in a folder. Throws IMAGE_SOURCE_INVALID, ENOSPC. */
export const restoreDisk = async (restore: DiskRestore): Promise<void> => {
  const { folder, target, onProgress, signal } = restore;
  const names = await readdir(folder);
  const disk = await (isClonezilla(names) ? readClonezilla : readFog)(folder, names);
  if (/^sector-size: (?!512$)/m.test(disk.table))
    throw sourceFault(folder, 'its disk had sectors of another size than 512 bytes');
  await writeFile(target, '');
  await truncate(target, disk.sizeBytes ?? sizeFrom(folder, disk.table));
  await writeTable(restore, disk.table);
  const { scheme, partitions } = await tableOf(target);
  await writeHead(disk, target, scheme, Math.min(...partitions.map(({ firstByte }) => firstByte)));
  const placeOf = (number: number): Partition => {
    const found = partitions.find((one) => one.number === number);
    if (found) return found;
    throw sourceFault(folder, `its partition table has no partition ${number}`);
  };
  const totalBytes = await sizeOfAll(disk.partitions.flatMap(({ files }) => files));
  let doneBytes = 0;
  const onBytes = (count: number) => {
    doneBytes += count;
    onProgress(doneBytes, totalBytes);
  };
  for (const { number, files } of disk.partitions)
    await restorePartition({ ...placeOf(number), files, target, onBytes, signal });
  for (const { number, ...swap } of disk.swaps) await makeSwap(restore, placeOf(number), swap);
};

/** Room behind the last partition for the backup of a GPT; whole MiB, as FOG does not say how large the disk was. */
const sizeFrom = (folder: string, table: string): number => {
  const lastLba = Number(/^last-lba: (\d+)$/m.exec(table)?.[1] ?? 0);
  const ends = [...table.matchAll(/start=\s*(\d+),\s*size=\s*(\d+)/g)].map(
    ([, start, size]) => Number(start) + Number(size),
  );
  const sectors = Math.max(lastLba + 34, ...ends);
  if (ends.length === 0) throw sourceFault(folder, 'its partition table names no partition');
  return Math.ceil((sectors * sectorBytes) / 2 ** 20) * 2 ** 20;
};

const writeTable = async ({ folder, target, signal }: DiskRestore, table: string): Promise<void> => {
  const args = ['--quiet', '--no-reread', '--no-tell-kernel', '--force', target];
  const { status, complaint } = await runTool('sfdisk', args, signal, table);
  if (status !== 0) throw sourceFault(folder, `its partition table cannot be used (${complaint})`);
};

const tableOf = async (target: string) => {
  const handle = await open(target, 'r');
  try {
    return await readPartitionTable(
      async (position, length) => {
        const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, position);
        return buffer.subarray(0, bytesRead);
      },
      (await stat(target)).size,
    );
  } finally {
    await handle.close();
  }
};

/** Boot code; on an MBR disk also what GRUB keeps between it and the first partition. */
const writeHead = async (
  { head }: SavedDisk,
  target: string,
  scheme: 'gpt' | 'mbr',
  firstPartition: number,
): Promise<void> => {
  const handle = await open(target, 'r+');
  try {
    for (const { file, firstByte } of head) {
      const bytes = await readFile(file);
      if (firstByte === 0) await handle.write(bytes, 0, Math.min(bytes.length, bootCodeBytes), 0);
      const behind = bytes.subarray(sectorBytes - firstByte, firstPartition - firstByte);
      if (scheme === 'mbr' && behind.length > 0) await handle.write(behind, 0, behind.length, sectorBytes);
    }
  } finally {
    await handle.close();
  }
};

const sizeOfAll = async (files: readonly string[]): Promise<number> => {
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
  return sizes.reduce((sum, size) => sum + size, 0);
};

/** Swap has no content, only a head of one page with its UUID. */
const makeSwap = async (
  { folder: source, target, signal }: DiskRestore,
  { firstByte, sizeBytes }: Partition,
  { uuid, label }: { uuid?: string | undefined; label?: string | undefined },
): Promise<void> => {
  const folder = await mkdtemp(`${target}.swap-`);
  const page = path.join(folder, 'swap');
  try {
    await writeFile(page, '');
    await truncate(page, sizeBytes);
    const names = [...(uuid ? ['--uuid', uuid] : []), ...(label ? ['--label', label] : [])];
    const { status, complaint } = await runTool('mkswap', [...names, page], signal);
    if (status !== 0) throw sourceFault(source, `its swap cannot be made (${complaint})`);
    const [made, disk] = [await open(page, 'r'), await open(target, 'r+')];
    const { buffer } = await made.read(Buffer.alloc(4096), 0, 4096, 0).finally(() => made.close());
    await disk.write(buffer, 0, buffer.length, firstByte).finally(() => disk.close());
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
