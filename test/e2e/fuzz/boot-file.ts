import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** A file of several blocks in a boot folder. */
export const bootFile = { name: 'loaders/pc.bin', content: Buffer.alloc(1300, 'boot') };

export const makeBootFolder = async (folder: string): Promise<void> => {
  await mkdir(path.join(folder, 'loaders'), { recursive: true });
  await writeFile(path.join(folder, bootFile.name), bootFile.content);
};
