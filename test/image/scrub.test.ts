import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { silentLog } from '../../src/core/log.ts';
import { createChunkRoutes } from '../../src/delivery/chunk-routes.ts';
import { isScrubDue } from '../../src/delivery/mirror/scrub-schedule.ts';
import { startScrub } from '../../src/delivery/mirror/start-scrub.ts';
import { exportImage } from '../../src/image/archive/export-image.ts';
import type { ChunkId } from '../../src/image/ports.ts';
import { serve } from '../delivery/serve.ts';
import { flipBit, recordOf } from './pack-files.ts';
import { publishChunks } from './publish-chunks.ts';
import { keysFolderOf, storeWithKeys } from './store-with-keys.ts';
import { temporaryFolder } from './temporary-folder.ts';

const fast = { bytesPerSecond: 1e9, resume: false };

/** An image in two stores, one of which has a flipped bit in one of its chunks. */
const damaged = async (t: ExecutionContext) => {
  const folder = await temporaryFolder(t);
  const [mine, other] = [path.join(folder, 'mine'), path.join(folder, 'other')];
  const [store, peer] = [await storeWithKeys(mine), await storeWithKeys(other)];
  const parts = Array.from({ length: 5 }, () => randomBytes(20_000));
  const { ids } = await publishChunks(store, 'debian', parts);
  await publishChunks(peer, 'debian', parts);
  await store.chunks.writer.seal();
  const bad = ids[2] as ChunkId;
  const { file, offset } = recordOf(store, bad);
  await store.close();
  await flipBit(file, offset + 500);
  return { folder, mine, peer, bad, place: { folder: mine, keysFolder: keysFolderOf(mine) } };
};

test('a flipped bit is found, repaired from another appliance, and then all is clean', async (t) => {
  const { peer, bad, place, mine } = await damaged(t);
  const routes = createChunkRoutes({ chunks: peer.chunks, log: silentLog });
  const { url } = await serve(
    t,
    (request, response) => routes(request, response) || response.writeHead(404).end(),
  );
  const found = await startScrub({ place, repairFrom: [], ...fast });
  t.is(found.chunks, 5);
  t.like(found.bad, [{ id: bad, images: ['debian@1'], repaired: false }]);
  const repaired = await startScrub({ place, repairFrom: [url], ...fast });
  t.like(repaired.bad, [{ id: bad, repaired: true }]);
  const store = await storeWithKeys(mine);
  t.deepEqual((await store.verify('debian')).bad, []);
  t.deepEqual((await startScrub({ place, repairFrom: [], ...fast })).bad, []);
});

test('a source that does not answer is passed over, an export repairs as well', async (t) => {
  const { folder, peer, place } = await damaged(t);
  const file = path.join(folder, 'debian.greif');
  await exportImage({ store: peer, ref: 'debian', file });
  const repaired = await startScrub({ place, repairFrom: ['http://127.0.0.1:1', file], ...fast });
  t.deepEqual(
    repaired.bad.map((one) => one.repaired),
    [true],
  );
});

test('when a scrub is due: never made, stopped half-way, or long ago; 0 days mean never', async (t) => {
  const folder = await temporaryFolder(t);
  const day = 24 * 3600_000;
  t.true(await isScrubDue(folder, 30, Date.now()));
  await writeFile(path.join(folder, 'scrubbed-to'), '');
  t.false(await isScrubDue(folder, 30, Date.now()));
  t.true(await isScrubDue(folder, 30, Date.now() + 31 * day));
  await writeFile(path.join(folder, 'scrubbed-to'), '0a1b');
  t.true(await isScrubDue(folder, 30, Date.now()));
  t.false(await isScrubDue(folder, 0, Date.now()));
});
