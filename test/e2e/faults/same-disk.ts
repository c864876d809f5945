import assert from 'node:assert/strict';
import { open } from 'node:fs/promises';

const blockBytes = 4096;

/** Two disks must be the same byte by byte; the first places where they are not are told. */
export const assertSameDisk = async (one: string, other: string): Promise<void> => {
  await using files = new AsyncDisposableStack();
  const [left, right] = [files.use(await open(one)), files.use(await open(other))];
  const [ours, theirs] = [Buffer.alloc(256 * blockBytes), Buffer.alloc(256 * blockBytes)];
  const places: number[] = [];
  for (let at = 0; ; at += ours.length) {
    const [{ bytesRead }, { bytesRead: others }] = await Promise.all([
      left.read(ours, 0, ours.length, at),
      right.read(theirs, 0, theirs.length, at),
    ]);
    assert.equal(bytesRead, others, 'the disks differ in size');
    if (bytesRead === 0) break;
    for (let block = 0; block < bytesRead; block += blockBytes) {
      const end = Math.min(bytesRead, block + blockBytes);
      if (ours.compare(theirs, block, end, block, end) !== 0) places.push(at + block);
    }
  }
  const first = places.slice(0, 8).join(', ');
  assert.equal(places.length, 0, `${places.length} blocks of ${one} and ${other} differ, at bytes ${first}`);
};
