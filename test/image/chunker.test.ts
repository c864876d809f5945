import { randomBytes } from 'node:crypto';
import test from 'ava';
import fc from 'fast-check';
import { allZero, chunkBytes, chunkEnd, gearBoundary } from '../../src/image/format/chunker.ts';
import { cutChunks } from '../../src/image/import/cut.ts';
import { noise } from './sample-disk.ts';

const cutAll = (bytes: Uint8Array): number[] => {
  const ends: number[] = [];
  for (let at = 0; at < bytes.length; ends.push(at)) at = chunkEnd(bytes, at);
  return ends;
};

/** Cuts with a disk that knows its holes, the way an import does. */
const cutDisk = async (bytes: Buffer, from: number, hole: (at: number) => number = (at) => at) => {
  const disk = {
    read: async (position: number, into: Buffer) =>
      void bytes.copy(into, 0, position, position + into.length),
    holeEnd: hole,
  };
  const ends: number[] = [];
  for await (const { end } of cutChunks(disk, from, bytes.length)) ends.push(end);
  return ends;
};

/** Random stretches and zeros of many lengths, from a seed that fast-check can shrink. */
const content = fc
  .array(fc.record({ zero: fc.boolean(), length: fc.integer({ min: 1, max: 900_000 }), seed: fc.nat(255) }), {
    minLength: 1,
    maxLength: 6,
  })
  .map((parts) =>
    Buffer.concat(
      parts.map(({ zero, length, seed }) => {
        const bytes = Buffer.alloc(length);
        if (!zero)
          for (let at = 0, word = seed + 1; at < length; at++) {
            word = (Math.imul(word, 1103515245) + 12345) | 0;
            bytes[at] = word >>> 16;
          }
        return bytes;
      }),
    ),
  );

test('boundaries are part of the format: they never move', (t) => {
  const bytes = Buffer.alloc(1_000_000);
  for (let at = 0, word = 1; at < bytes.length; at++) {
    word = (Math.imul(word, 1103515245) + 12345) | 0;
    bytes[at] = word >>> 16;
  }
  t.deepEqual(
    cutAll(bytes),
    [
      40121, 85017, 229764, 261848, 310702, 388651, 423866, 567889, 608314, 669579, 773664, 830375, 860647,
      957318, 1000000,
    ],
  );
});

test('sizes keep to their bounds and average about 64 KiB on noise', (t) => {
  const ends = cutAll(noise(32 * 1024 * 1024));
  const sizes = ends.map((end, position) => end - (ends[position - 1] ?? 0));
  for (const size of sizes.slice(0, -1)) {
    t.true(size >= chunkBytes.minimum && size <= chunkBytes.maximum);
  }
  const average = (32 * 1024 * 1024) / sizes.length;
  t.true(average > 56 * 1024 && average < 72 * 1024, `${average}`);
});

test('zeros are cut at once where the slow way cuts them', (t) => {
  const zeros = Buffer.alloc(3 * chunkBytes.maximum + 5);
  t.deepEqual(cutAll(zeros), [1, 2, 3].map((n) => n * chunkBytes.maximum).concat(zeros.length));
  t.is(gearBoundary(zeros, chunkBytes.minimum, chunkBytes.maximum), chunkBytes.maximum);
  t.false(allZero(Buffer.concat([Buffer.alloc(70_000), Buffer.from('x')])));
});

test('an inserted byte moves the boundaries near it only', (t) => {
  const bytes = randomBytes(4 * 1024 * 1024);
  const shifted = Buffer.concat([bytes.subarray(0, 1_000_000), Buffer.from('!'), bytes.subarray(1_000_000)]);
  const before = new Set(cutAll(bytes));
  const same = cutAll(shifted).filter((end) => before.has(end > 1_000_000 ? end - 1 : end));
  t.true(same.length >= before.size - 10, `${same.length} of ${before.size}`);
});

test('however the bytes arrive, and wherever cutting goes on, the chunks are the same', async (t) => {
  await fc.assert(
    fc.asyncProperty(content, fc.nat(), async (bytes, pick) => {
      const whole = cutAll(bytes);
      t.deepEqual(await cutDisk(bytes, 0), whole);
      const from = [0, ...whole][pick % whole.length] ?? 0;
      t.deepEqual(
        await cutDisk(bytes, from),
        whole.filter((end) => end > from),
      );
    }),
    { numRuns: 25 },
  );
});

test('a known hole gives the chunks that its zeros would give', async (t) => {
  await fc.assert(
    fc.asyncProperty(content, async (bytes) => {
      const holeEnd = (at: number) => {
        let end = at;
        while (end < bytes.length && allZero(bytes.subarray(end, Math.min(bytes.length, end + 4096))))
          end += 4096;
        return Math.min(end, bytes.length);
      };
      t.deepEqual(await cutDisk(bytes, 0, holeEnd), cutAll(bytes));
    }),
    { numRuns: 15 },
  );
});

test('a hole that goes on behind the stretch is cut at the end of the stretch', async (t) => {
  const bytes = Buffer.alloc(chunkBytes.maximum + 5000);
  t.deepEqual(await cutDisk(bytes, 0, () => bytes.length + 10 * chunkBytes.maximum), [
    chunkBytes.maximum,
    bytes.length,
  ]);
});
