/** A process of its own, so that its memory is the index's: `node index-process.ts FOLDER`. Opens the packs, looks chunks up, tells its parent. */
import { randomBytes, randomInt } from 'node:crypto';
import type { ChunkId } from '../../../src/image/ports.ts';
import { packsIn } from '../../image/packs-in.ts';

const lookups = 200_000;

const opened = performance.now();
const store = await packsIn(process.argv[2] ?? '');
const openSeconds = (performance.now() - opened) / 1000;
const { packs, table } = store.shelf;
const wanted: ChunkId[] = [];
for (let count = 0; count < lookups; count++) {
  const pack = packs[randomInt(packs.length)];
  const isThere = pack && count % 2 === 0;
  wanted.push(isThere ? pack.id(randomInt(pack.count)) : (randomBytes(32).toString('hex') as ChunkId));
}
const milliseconds = new Float64Array(lookups);
let found = 0;
for (const [position, id] of wanted.entries()) {
  const started = performance.now();
  if (await store.has(id)) found++;
  milliseconds[position] = performance.now() - started;
}
milliseconds.sort();
if (found !== lookups / 2) throw new Error(`${found} of ${lookups / 2} were found`);
process.send?.({
  chunks: table.count,
  openSeconds,
  p99: milliseconds[Math.floor(lookups * 0.99)],
  worst: milliseconds.at(-1),
  rssMib: process.memoryUsage().rss / 1024 ** 2,
});
process.disconnect();
