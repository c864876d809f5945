import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ChunkId } from '../../src/image/ports.ts';
import type { ImageStore } from '../../src/image/store/image-store.ts';

/** The file of a pack, sealed or open. */
export const packFile = (folder: string, name: string, kind: 'sealed' | 'open' = 'sealed'): string =>
  path.join(folder, kind === 'sealed' ? 'packs' : 'open', `${name}.pack`);

/** Where the record of a chunk lies. */
export const recordOf = ({ folder, chunks }: Pick<ImageStore, 'folder' | 'chunks'>, id: ChunkId) => {
  const found = chunks.shelf.table.find(id);
  if (!found) throw new Error(`no chunk ${id}`);
  const { pack, entry } = found;
  return { pack: pack.name, file: packFile(folder, pack.name, pack.place.kind), offset: pack.offset(entry) };
};

export const flipBit = async (file: string, at: number): Promise<void> => {
  const bytes = await readFile(file);
  const place = at < 0 ? bytes.length + at : at;
  bytes.writeUInt8(bytes.readUInt8(place) ^ 4, place);
  await writeFile(file, bytes);
};
