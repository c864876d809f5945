import { randomFillSync } from 'node:crypto';
import { mkdir, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { run } from '../../src/lab/program.ts';

const mebibyte = 2 ** 20;

/**
 * A disk with one ext4 partition that holds noise, enough to be caught in the middle of it, and as much free space: 64 MiB of random noise
 * on 128 MiB unless told.
 */
export const makeSmallImage = async (
  folder: string,
  {
    name = 'small',
    noise = randomFillSync(Buffer.allocUnsafe(64 * mebibyte)),
  }: { name?: string; noise?: Buffer } = {},
): Promise<string> => {
  const disk = path.join(folder, `${name}.raw`);
  const tree = path.join(folder, `${name}-tree`);
  await mkdir(tree);
  await writeFile(path.join(tree, 'noise'), noise);
  await writeFile(disk, '');
  await truncate(disk, 2 * noise.length);
  // A mebibyte before it, and half of one behind it for the backup GPT.
  const kibibytes = (2 * noise.length - 1.5 * mebibyte) / 1024;
  // As Greif writes it: so the disk of a deploy can be this file, byte by byte.
  const table = `label: gpt\nfirst-lba: 34\nstart=2048, size=${2 * kibibytes}, type=linux\n`;
  await run('sfdisk', ['-q', disk], { input: table });
  await run('mke2fs', [
    '-q',
    '-F',
    '-t',
    'ext4',
    '-d',
    tree,
    '-E',
    `offset=${mebibyte}`,
    disk,
    `${kibibytes}k`,
  ]);
  await rm(tree, { recursive: true });
  return disk;
};
