/** `node pack-collect-process.ts FOLDER ID,ID,…`: puts garbage and collects it until it is killed. */
import { randomBytes } from 'node:crypto';
import { chunkId, packChunk } from '../../src/image/format/chunk.ts';
import { collectGarbage } from '../../src/image/packs/collect.ts';
import { packsIn } from './packs-in.ts';

const [, , folder = '', ids = ''] = process.argv;
const packBytes = 60_000;
const needed = ids.split(',').map((id) => Buffer.from(id, 'hex'));
process.once('disconnect', () => process.exit());
const store = await packsIn(folder, { packBytes });
for (;;) {
  await collectGarbage(
    store,
    (async function* () {
      yield needed;
    })(),
    packBytes,
  );
  process.send?.('collected');
  const garbage = Array.from({ length: 10 }, () => randomBytes(2000));
  await Promise.all(garbage.map(async (bytes) => store.put(chunkId(bytes), await packChunk(bytes))));
}
