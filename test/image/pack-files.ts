import { open } from 'node:fs/promises';
import path from 'node:path';
import type { PackStore } from '../../src/image/packs/pack-store.ts';
import type { ChunkId } from '../../src/image/ports.ts';

/** The file of a pack, sealed or open. */
export const packFile = (folder: string, name: string, kind: 'sealed' | 'open' = 'sealed'): string =>
  path.join(folder, kind === 'sealed' ? 'packs' : 'open', `${name}.pack`);

/** Where the record of a chunk lies. */
export const recordOf = (
  { folder, chunks }: { folder: string; chunks: Pick<PackStore, 'shelf'> },
  id: ChunkId,
) => {
  const found = chunks.shelf.table.find(id);
  if (!found) throw new Error(`no chunk ${id}`);
  const { pack, entry } = found;
  return { pack: pack.name, file: packFile(folder, pack.name, pack.place.kind), offset: pack.offset(entry) };
};

/** In place, as a disk does it; `at` below zero counts from the end. */
export const flipBit = async (file: string, at: number): Promise<void> => {
  const handle = await open(file, 'r+');
  try {
    const place = at < 0 ? (await handle.stat()).size + at : at;
    const byte = Buffer.alloc(1);
    await handle.read(byte, 0, 1, place);
    byte.writeUInt8(byte.readUInt8() ^ 4);
    await handle.write(byte, 0, 1, place);
  } finally {
    await handle.close();
  }
};
