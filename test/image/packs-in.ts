import path from 'node:path';
import { openPackStore, type PackStore, type PackStoreOptions } from '../../src/image/packs/pack-store.ts';
import { directoryObjects } from '../../src/image/store/directory-objects.ts';
import { spaceGuard } from '../../src/image/store/free-space.ts';

/** The chunks of an image store, without the store. */
export const packsIn = async (
  folder: string,
  { packBytes = 1024 * 1024, objects }: Partial<Pick<PackStoreOptions, 'packBytes' | 'objects'>> = {},
): Promise<PackStore> =>
  openPackStore({
    objects: objects ?? (await directoryObjects(folder)),
    openFolder: path.join(folder, 'open'),
    space: spaceGuard(folder, 0),
    packBytes,
  });
