import { randomBytes } from 'node:crypto';
import test from 'ava';
import { chunkId, packChunk } from '../../src/image/format/chunk.ts';
import { directoryObjects } from '../../src/image/store/directory-objects.ts';
import { packsIn } from './packs-in.ts';
import { temporaryFolder } from './temporary-folder.ts';

test('a pack that is sealed while the packs are listed is not taken for gone: who counts on its chunks still does', async (t) => {
  const folder = await temporaryFolder(t);
  const objects = await directoryObjects(folder);
  let atListing = async (): Promise<void> => {};
  const store = await packsIn(folder, {
    objects: {
      ...objects,
      async *list(prefix) {
        yield* await Array.fromAsync(objects.list(prefix));
        await atListing();
      },
    },
  });
  const bytes = randomBytes(2000);
  const id = chunkId(bytes);
  const held = store.pins.hold();
  await store.put(id, await packChunk(bytes));
  await store.writer.close();
  atListing = async () => {
    atListing = async () => {};
    await store.writer.seal();
  };
  await store.refresh();
  const found = store.shelf.table.find(id);
  t.is(found?.pack.place.kind, 'sealed');
  t.true(found && store.pins.isPinned(found));
  held.release();
});
