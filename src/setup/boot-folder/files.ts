import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';

/** Beside its target until it is whole, then in one step: a reader sees the old file or the new one. */
export const replaceFile = async (file: string, content: string | Buffer): Promise<void> => {
  const next = `${file}.${process.pid}.part`;
  try {
    await writeFile(next, content);
    await rename(next, file);
  } finally {
    await rm(next, { force: true });
  }
};

export const sha256OfFile = async (file: string): Promise<string> => {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
};

/** Names and contents of all files below the folders, as one short key: another key, another build. */
export const fingerprint = async (folders: readonly string[], ...facts: string[]): Promise<string> => {
  const hash = createHash('sha256');
  for (const folder of folders) {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name));
    for (const file of files.sort())
      hash.update(`${path.relative(folder, file)}\0`).update(await readFile(file));
  }
  for (const fact of facts) hash.update(`\0${fact}`);
  return hash.digest('hex').slice(0, 16);
};
