import { randomBytes } from 'node:crypto';
import { constants, zstdCompressSync } from 'node:zlib';
import test from 'ava';
import { chunkId, isZeroChunk, packChunk, unpackChunk, zeroChunkId } from '../../src/image/format/chunk.ts';
import { chunkBytes } from '../../src/image/format/chunker.ts';

test('pack and unpack', async (t) => {
  for (const bytes of [Buffer.from('x'), randomBytes(chunkBytes.maximum), Buffer.alloc(chunkBytes.maximum)]) {
    const packed = await packChunk(bytes);
    t.true(unpackChunk(chunkId(bytes), packed, bytes.length).equals(bytes));
  }
});

test('a chunk id is the SHA-256 of the bytes', (t) => {
  t.is<string, string>(
    chunkId(Buffer.from('abc')),
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
});

test('whatever is not the chunk is refused and named', async (t) => {
  const bytes = randomBytes(50_000);
  const id = chunkId(bytes);
  const packed = await packChunk(bytes);
  const flipped = Buffer.from(packed);
  flipped.writeUInt8(flipped.readUInt8(30_000) ^ 1, 30_000);
  const bomb = zstdCompressSync(Buffer.alloc(64 * 1024 * 1024), {
    params: { [constants.ZSTD_c_compressionLevel]: 1 },
  });
  const cases = {
    'a flipped bit': flipped,
    'another chunk': await packChunk(randomBytes(50_000)),
    'a short one': await packChunk(bytes.subarray(0, 49_999)),
    'a long one': await packChunk(Buffer.concat([bytes, bytes])),
    'a bomb': bomb,
    'cut short': packed.subarray(0, -5),
    nothing: Buffer.alloc(0),
    'no zstd': Buffer.from('hello, this is no frame'),
  };
  for (const [name, bad] of Object.entries(cases)) {
    const error = t.throws(() => unpackChunk(id, bad, bytes.length), { code: 'CHUNK_CORRUPT' }, name);
    t.true(error?.message.includes(id), name);
  }
});

test('chunks of zeros are known by size', (t) => {
  for (const size of [1, 70_000, chunkBytes.maximum]) {
    t.is(zeroChunkId(size), chunkId(Buffer.alloc(size)));
    t.true(isZeroChunk(zeroChunkId(size), size));
    t.false(isZeroChunk(zeroChunkId(size), size === 1 ? 2 : 1));
  }
});
