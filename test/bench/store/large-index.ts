import { randomFillSync } from 'node:crypto';
import { closeSync, ftruncateSync, mkdirSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { encodePackIndex, indexEntryBytes, packHead } from '../../../src/image/packs/pack-format.ts';
import { runChild } from '../run-child.ts';

const chunksPerPack = 2000;
const recordBytes = 32 * 1024;

export interface IndexRun {
  chunks: number;
  openSeconds: number;
  p99: number;
  worst: number;
  rssMib: number;
}

/** A pack as large as a real one, with a hole in the place of its records: opening reads only index and tail. */
const writePack = (file: string): void => {
  const entries = Buffer.alloc(chunksPerPack * indexEntryBytes);
  for (let entry = 0; entry < chunksPerPack; entry++) {
    const at = entry * indexEntryBytes;
    randomFillSync(entries, at, 32);
    entries.writeUInt32LE(packHead.length + entry * recordBytes, at + 32);
    entries.writeUInt32LE(recordBytes - 48, at + 36);
  }
  const end = packHead.length + chunksPerPack * recordBytes;
  const descriptor = openSync(file, 'w');
  writeSync(descriptor, packHead);
  ftruncateSync(descriptor, end);
  writeSync(descriptor, encodePackIndex(entries, end), 0, undefined, end);
  closeSync(descriptor);
};

/** A store of a million chunks, opened by a process of its own that looks 200,000 up, half of them not there. */
export const measureIndex = async (folder: string, chunks: number): Promise<IndexRun> => {
  mkdirSync(path.join(folder, 'packs'), { recursive: true });
  for (let number = 0; number < chunks / chunksPerPack; number++)
    writePack(path.join(folder, 'packs', `${String(number).padStart(6, '0')}.pack`));
  return runChild<IndexRun>(path.join(import.meta.dirname, 'index-process.ts'), [folder]);
};
