import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { sourceFault } from '../import/source-fault.ts';
import type { SavedDisk } from './saved-disk.ts';

export const isFog = (names: readonly string[]): boolean =>
  names.includes('d1.partitions') && names.includes('d1.mbr');

/** MBR and GPT types of swap, and of extended partitions, which hold nothing of their own. */
const swapType = /\b(type|Id)=\s*(82|S|0657FD6D-A4AB-43C4-84E5-0933C84B4F4F)\b/i;
const extendedType = /\b(type|Id)=\s*(5|f|85)\b/i;

/**
 * FOG's image folder, also of a resizable image: its file systems are then smaller than their partitions, which is how they are put back. Throws
 * IMAGE_SOURCE_INVALID that names what is missing.
 */
export const readFog = async (folder: string, names: readonly string[]): Promise<SavedDisk> => {
  if (names.includes('d2.partitions'))
    throw sourceFault(folder, 'it holds several disks: save one disk at a time');
  const text = (name: string) => readFile(path.join(folder, name), 'utf8');
  const table = await text('d1.partitions');
  const uuids = names.includes('d1.original.swapuuids') ? await text('d1.original.swapuuids') : '';
  const partitions: SavedDisk['partitions'] = [];
  const swaps: SavedDisk['swaps'] = [];
  for (const [line, number] of partitionLines(table)) {
    const files = names.filter((name) => new RegExp(`^d1p${number}\\.img(\\.\\d+)?$`).test(name)).sort();
    if (files.length > 0) partitions.push({ number, files: files.map((name) => path.join(folder, name)) });
    else if (swapType.test(line))
      swaps.push({ number, uuid: new RegExp(`^${number}\\s+([0-9a-fA-F-]{36})`, 'm').exec(uuids)?.[1] });
    else if (!extendedType.test(line))
      throw sourceFault(folder, `the image of partition ${number} (d1p${number}.img) is not there`);
  }
  return {
    table,
    head: [{ file: path.join(folder, 'd1.mbr'), firstByte: 0 }],
    partitions,
    swaps,
  };
};

/** `/dev/sda1 : start= 2048, size= …`; a size of 0 is an unused entry. */
const partitionLines = (table: string): [string, number][] =>
  [...table.matchAll(/^\/dev\/\S*?(\d+)\s*:(.*)$/gm)]
    .filter(([, , rest = '']) => !/\bsize=\s*0\b/.test(rest))
    .map(([, number, rest = '']) => [rest, Number(number)]);
