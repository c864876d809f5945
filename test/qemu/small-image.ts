import { randomFillSync } from 'node:crypto';
import { mkdir, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { run } from '../../src/lab/program.ts';

const mebibyte = 2 ** 20;

/** A disk of 128 MiB with one ext4 partition that holds 64 MiB of noise: enough to be caught in the middle of it. */
export const makeSmallImage = async (folder: string): Promise<string> => {
  const disk = path.join(folder, 'small.raw');
  const tree = path.join(folder, 'small-tree');
  await mkdir(tree);
  await writeFile(path.join(tree, 'noise'), randomFillSync(Buffer.allocUnsafe(64 * mebibyte)));
  await writeFile(disk, '');
  await truncate(disk, 128 * mebibyte);
  await run('sfdisk', ['-q', disk], { input: 'label: gpt\nstart=2048, size=256000, type=linux\n' });
  await run('mke2fs', ['-q', '-F', '-t', 'ext4', '-d', tree, '-E', `offset=${mebibyte}`, disk, '128000k']);
  return disk;
};
