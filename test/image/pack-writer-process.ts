/** `node pack-writer-process.ts FOLDER FILE`: puts chunks until it is killed; each line of FILE is the id of one whose `put` had returned. Then it tells how many. */
import { randomBytes } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { chunkId, packChunk } from '../../src/image/format/chunk.ts';
import { packsIn } from './packs-in.ts';

const [, , folder = '', known = ''] = process.argv;
const store = await packsIn(folder, { packBytes: 400_000 });

let count = 0;
const putForEver = async (): Promise<never> => {
  for (;;) {
    const bytes = randomBytes(500 + Math.floor(Math.random() * 20_000));
    const id = chunkId(bytes);
    await store.put(id, await packChunk(bytes));
    appendFileSync(known, `${id}\n`);
    process.send?.(++count);
  }
};

appendFileSync(known, '');
process.send?.('writing');
process.once('disconnect', () => process.exit());
await Promise.all(Array.from({ length: 16 }, putForEver));
