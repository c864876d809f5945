import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { chunkId, packChunk, unpackChunk, zeroChunkId } from '../../src/image/format/chunk.ts';
import { chunkBytes, chunkEnd } from '../../src/image/format/chunker.ts';
import {
  decodeIndex,
  encodeIndex,
  encodeIndexItem,
  indexItemBytes,
} from '../../src/image/format/index-file.ts';
import type { ChunkId } from '../../src/image/ports.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { tool } from './tool.ts';

const sample = Buffer.concat([randomBytes(700_000), Buffer.alloc(700_000), Buffer.from('end')]);

const indexOf = (ends: readonly number[]): Buffer =>
  encodeIndex(Buffer.concat(ends.map((end) => encodeIndexItem(end, chunkId(Buffer.from(String(end)))))));

test('casync reads our index and chunks', async (t) => {
  const folder = await temporaryFolder(t);
  const items: Buffer[] = [];
  for (let at = 0; at < sample.length; ) {
    const end = chunkEnd(sample, at);
    const bytes = sample.subarray(at, end);
    const id = chunkId(bytes);
    await mkdir(path.join(folder, 'store', id.slice(0, 4)), { recursive: true });
    await writeFile(path.join(folder, 'store', id.slice(0, 4), `${id}.cacnk`), await packChunk(bytes));
    items.push(encodeIndexItem(end, id));
    at = end;
  }
  await writeFile(path.join(folder, 'a.caibx'), encodeIndex(Buffer.concat(items)));
  const args = [`--store=${folder}/store`, '--seed-output=no', `${folder}/a.caibx`, `${folder}/out`];
  await tool('casync', 'extract', ...args);
  t.true(sample.equals(await readFile(path.join(folder, 'out'))));
});

test('we read the index and chunks that casync makes', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(path.join(folder, 'in'), sample);
  await tool(
    'casync',
    'make',
    '--digest=sha256',
    `--store=${folder}/store`,
    `${folder}/a.caibx`,
    `${folder}/in`,
  );
  const index = decodeIndex(await readFile(path.join(folder, 'a.caibx')));
  const parts: Buffer[] = [];
  for (let item = 0; item < index.count; item++) {
    const id = index.id(item);
    const packed = await readFile(path.join(folder, 'store', id.slice(0, 4), `${id}.cacnk`));
    parts.push(unpackChunk(id, packed, index.size(item)));
  }
  t.is(index.sizeBytes, sample.length);
  t.true(sample.equals(Buffer.concat(parts)));
});

test('an index made with SHA-512/256 is refused with the remedy', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(path.join(folder, 'in'), sample);
  await tool(
    'casync',
    'make',
    '--digest=sha512-256',
    `--store=${folder}/store`,
    `${folder}/a.caibx`,
    `${folder}/in`,
  );
  const bytes = await readFile(path.join(folder, 'a.caibx'));
  t.throws(() => decodeIndex(bytes), { code: 'INDEX_INVALID', message: /--digest=sha256/ });
});

test('what is encoded is decoded', (t) => {
  const sizes = fc.array(fc.integer({ min: 1, max: chunkBytes.maximum }), { maxLength: 50 });
  fc.assert(
    fc.property(sizes, (all) => {
      let end = 0;
      const ends = all.map((size) => {
        end += size;
        return end;
      });
      const index = decodeIndex(indexOf(ends));
      t.is(index.count, ends.length);
      t.is(index.sizeBytes, end);
      for (const [item, itemEnd] of ends.entries()) {
        t.is(index.end(item), itemEnd);
        t.is<number | undefined, number>(all[item], index.size(item));
        t.is(index.id(item), chunkId(Buffer.from(String(itemEnd))));
        t.is(index.firstAfter(index.start(item)), item);
      }
    }),
  );
});

test('every truncation and every changed byte of the frame is refused', (t) => {
  const good = indexOf([1000, 2000, 3000]);
  for (let length = 0; length < good.length; length++)
    t.throws(() => decodeIndex(good.subarray(0, length)), { code: 'INDEX_INVALID' });
  const minimumAndAverage = (at: number) => (at >= 16 && at < 40) || (at >= 64 && at < good.length - 40);
  for (let at = 0; at < good.length; at++) {
    if (minimumAndAverage(at)) continue;
    const bad = Buffer.from(good);
    bad.writeUInt8((bad.readUInt8(at) ^ 0x80) & 0xff, at);
    t.throws(() => decodeIndex(bad), { code: 'INDEX_INVALID' }, `byte ${at}`);
  }
});

test('chunks without size, backwards, too large or beyond all numbers are refused', (t) => {
  for (const ends of [[0], [5, 5], [9, 3], [chunkBytes.maximum + 1], [2 ** 53 + 2]])
    t.throws(() => decodeIndex(indexOf(ends)), { code: 'INDEX_INVALID' }, String(ends));
  const wild = indexOf([1000]);
  wild.fill(0xff, 64, 72);
  t.throws(() => decodeIndex(wild), { code: 'INDEX_INVALID' });
});

test('it knows chunks of zeros', (t) => {
  const id = (bytes: Buffer) => chunkId(bytes);
  const largest = chunkBytes.maximum;
  const items: [number, ChunkId][] = [
    [largest, zeroChunkId(largest)],
    [largest + 20_000, id(randomBytes(20_000))],
    [largest + 20_077, zeroChunkId(77)],
  ];
  const index = decodeIndex(
    encodeIndex(Buffer.concat(items.map(([end, name]) => encodeIndexItem(end, name)))),
  );
  t.deepEqual([0, 1, 2].map(index.isZero), [true, false, true]);
  t.is(indexItemBytes, 40);
});
