import { rmSync } from 'node:fs';
import path from 'node:path';
import { readPartitionTable } from '../../../src/image/disk/partition-table.ts';
import type { PartitionTable } from '../../../src/image/format/manifest.ts';
import { bytesAt } from '../disk-content.ts';
import { program, sparseFile } from '../loop-disk.ts';
import {
  assertSound,
  type Filling,
  filesIn,
  filledFileSystem,
  type TestedFileSystem,
} from './file-systems.ts';

const mebibyte = 1024 * 1024;

export interface PartSketch extends Filling {
  fileSystem: TestedFileSystem;
  mebibytes: number;
  /** As sfdisk knows it. */
  type: string;
  /** More of sfdisk's script: `attrs="RequiredPartition"`, `bootable`, … */
  more?: string;
  /** Its minimal size, where a test needs one. */
  minimumBytes?: number;
}

/** What must be found again on any disk that the image goes to. */
export interface Content {
  fileSystem: TestedFileSystem;
  files: Record<string, string>;
  uuid: string;
  label: string;
}

export interface ManyFileSystems {
  file: string;
  /** By the partition's number. */
  contents: Map<number, Content>;
}

/** Empty where it has none. */
const probe = (file: string, tag: 'UUID' | 'LABEL'): string =>
  new RegExp(`^${tag}=(.*)$`, 'm').exec(program('blkid', ['--probe', '--output', 'export', file]))?.[1] ?? '';

const copyInto = (source: string, target: string, firstByte: number): void => {
  program('dd', [
    `if=${source}`,
    `of=${target}`,
    'bs=64K',
    'oflag=seek_bytes',
    `seek=${firstByte}`,
    'conv=notrunc,sparse',
    'status=none',
  ]);
};

/** Makes a disk of these parts. In an MBR the fourth and further ones are logical, each behind its record of 1 MiB. */
export const manyFileSystems = async (
  folder: string,
  scheme: 'gpt' | 'dos',
  parts: readonly PartSketch[],
): Promise<ManyFileSystems> => {
  const isLogical = (position: number): boolean => scheme === 'dos' && position >= 3;
  const rows = [`label: ${scheme}`];
  const contents = new Map<number, Content>();
  const places: { part: PartSketch; number: number; firstByte: number }[] = [];
  let at = 1;
  for (const [position, part] of parts.entries()) {
    if (isLogical(position)) at++;
    places.push({
      part,
      number: isLogical(position) ? position + 2 : position + 1,
      firstByte: at * mebibyte,
    });
    at += part.mebibytes;
  }
  const extended = places.find((_, position) => isLogical(position));
  for (const { part, number, firstByte } of places) {
    if (extended && extended.number === number)
      rows.push(
        `4: start=${(firstByte - mebibyte) / 512}, size=${at * 2048 - (firstByte - mebibyte) / 512}, type=5`,
      );
    rows.push(
      `${number}: start=${firstByte / 512}, size=${part.mebibytes * 2048}, type=${part.type}${part.more ? `, ${part.more}` : ''}`,
    );
  }
  const file = sparseFile(path.join(folder, `${scheme}.raw`), (at + 1) * mebibyte);
  program('sfdisk', ['--quiet', file], `${rows.join('\n')}\n`);
  for (const { part, number, firstByte } of places) {
    const label = `${part.fileSystem}-${number}`;
    const made = filledFileSystem(folder, part.fileSystem, part.mebibytes * mebibyte, {
      label,
      firstSector: firstByte / 512,
      ...part,
    });
    copyInto(made.file, file, firstByte);
    contents.set(number, {
      fileSystem: part.fileSystem,
      files: made.files,
      uuid: probe(made.file, 'UUID'),
      label: probe(made.file, 'LABEL'),
    });
    rmSync(made.file);
  }
  return { file, contents };
};

/** The table of a disk's file, by the reader that imports use. */
export const tableOf = (file: string, sizeBytes: number): Promise<PartitionTable> =>
  readPartitionTable((firstByte, length) => bytesAt(file, { firstByte, sizeBytes: length }), sizeBytes);

const hiddenSectors = (file: string): number =>
  Number(program('od', ['-A', 'n', '-t', 'u4', '-j', '28', '-N', '4', file]));

/** Looks at every partition of a disk from outside: its program finds no fault, and files, UUID and label are what they were. Answers what is not. */
export const differences = async (
  folder: string,
  disk: { file: string; sizeBytes: number },
  { contents }: ManyFileSystems,
): Promise<string[]> => {
  const found: string[] = [];
  const table = await tableOf(disk.file, disk.sizeBytes);
  for (const { number, firstByte, sizeBytes } of table.partitions) {
    const content = contents.get(number);
    if (!content) {
      found.push(`there is a partition ${number}`);
      continue;
    }
    const copy = path.join(folder, `partition-${number}`);
    program('dd', [
      ...[`if=${disk.file}`, `of=${copy}`, 'bs=64K', 'iflag=skip_bytes,count_bytes'],
      ...[`skip=${firstByte}`, `count=${sizeBytes}`, 'conv=sparse', 'status=none'],
    ]);
    program('truncate', ['--size', `${sizeBytes}`, copy]);
    try {
      assertSound(content.fileSystem, copy);
      if (['ntfs', 'vfat'].includes(content.fileSystem) && hiddenSectors(copy) !== firstByte / 512)
        found.push(`${content.fileSystem} on partition ${number} does not know where it lies`);
      const now = {
        files: filesIn(content.fileSystem, copy, folder),
        uuid: probe(copy, 'UUID'),
        label: probe(copy, 'LABEL'),
      };
      for (const key of ['files', 'uuid', 'label'] as const)
        if (JSON.stringify(now[key]) !== JSON.stringify(content[key]))
          found.push(`${content.fileSystem} on partition ${number}: its ${key} differ`);
    } catch (error) {
      found.push(`${content.fileSystem} on partition ${number}: ${(error as Error).message}`);
    } finally {
      rmSync(copy, { force: true });
    }
  }
  if (table.partitions.length !== contents.size) found.push(`${table.partitions.length} partitions are left`);
  return found;
};
