import assert from 'node:assert/strict';
import { digestChunks } from '../../../src/agent/disk/chunk-digests.ts';
import { writeBuffers } from '../../../src/agent/disk/disk-writer.ts';
import type { VolumeContent } from '../../../src/agent/disk/layout.ts';
import { countedBytes } from '../../../src/agent/disk/pieces.ts';
import { proofOf } from '../../../src/agent/disk/prove-restored.ts';
import { readBuffers } from '../../../src/agent/disk/read-extents.ts';
import { type Restored, type RestoreTools, restore } from '../../../src/agent/disk/restore.ts';
import { planRestore } from '../../../src/agent/disk/restore-plan.ts';
import type { PackedChunk } from '../../../src/agent/disk/unpack-chunks.ts';
import { silentLog } from '../../../src/core/log.ts';
import type { Extent } from '../../../src/image/disk/extents.ts';
import { Random } from '../../e2e/fuzz/random.ts';
import { type MemoryDisk, memoryDisk, PowerCut } from './memory-disk.ts';
import { chunksOf, cutImage, type MemoryImage } from './memory-image.ts';
import {
  editDisk,
  endOfDisk,
  garbage,
  putOnto,
  type RandomDisk,
  randomDisk,
  stretchesOf,
} from './random-disk.ts';

const kibibyte = 1024;
const { signal } = new AbortController();
const advanced = (): void => {};
const common = {
  buffers: readBuffers(),
  writeBuffers: writeBuffers(),
  digest: async (bytes: Buffer, ends: readonly number[]) => digestChunks(bytes, ends),
  // These chunks are as they are.
  unpack: async (chunks: readonly PackedChunk[], target: Buffer) => {
    Buffer.concat(chunks.map(({ packed }) => packed)).copy(target);
    return chunks.map(() => undefined);
  },
  signal,
  advanced,
};

/** What came of a case, to see that the cases reach what they should. */
export interface Outcome {
  counts: Restored['counts'] & { unusedBytes: number };
  powerCuts: number;
}

/** What lies on the PC's disk: version 1 as it was deployed, or used since, or something else altogether. */
const presentDisk = (one: RandomDisk, sizeBytes: number, random: Random): Buffer => {
  const bytes = random.below(2) === 0 ? garbage(sizeBytes) : Buffer.alloc(sizeBytes);
  const kind = random.below(10);
  if (kind === 0) return bytes;
  putOnto(one, bytes);
  if (kind < 4) bytes.fill('used ', random.below(sizeBytes), random.below(sizeBytes));
  if (kind === 1) bytes.fill(0, 0, 512);
  return bytes;
};

/** What a file system's map of used blocks may say: everything, nothing that is known, or less than is true. */
const usedExtents = (random: Random) => {
  const kind = random.below(3);
  return async ({ firstByte, sizeBytes }: Extent): Promise<Extent[] | undefined> => {
    if (kind === 0) return undefined;
    if (kind === 1) return [{ firstByte, sizeBytes }];
    const half = Math.floor(sizeBytes / 1024) * 512;
    return half > 4096 ? [{ firstByte: firstByte + 1024, sizeBytes: half - 1024 }] : [];
  };
};

/** What a file system may say of its unused blocks: stretches here and there, whatever lies in them. */
const withUnused = ({ volume, index }: VolumeContent, random: Random): VolumeContent => {
  const unused: Extent[] = [];
  for (let at = random.below(256 * kibibyte); at < volume.sizeBytes; at += random.below(2048 * kibibyte)) {
    const sizeBytes = Math.min(volume.sizeBytes - at, 1 + random.below(4096 * kibibyte));
    unused.push({ firstByte: at, sizeBytes });
    at += sizeBytes;
  }
  return { volume: { ...volume, unused }, index };
};

const restoreTo = async (
  device: MemoryDisk,
  image: MemoryImage,
  seed?: RestoreTools['seed'],
): Promise<Restored['counts']> => {
  const restored = await restore(planRestore(image.contents, device.sizeBytes), {
    device,
    ...common,
    connectChunks: () => chunksOf(image),
    log: silentLog,
    seed,
  });
  const proof = proofOf(image.contents, restored, device.sizeBytes);
  const digests = await proof.run({ device, ...common });
  assert.deepEqual(
    digests,
    image.contents.map(({ volume }) => volume.digest),
  );
  return restored.counts;
};

const isBootable = (disk: Buffer): boolean => disk.readUInt16LE(510) === 0xaa55;

/**
 * A random disk, a random next version of its image, and memory too small for comfort: deployed as a delta the disk must be the
 * same as deployed whole, to the last byte, what is left as it was included, also after power cuts on the way. Throws what is wrong.
 */
export const deltaCase = async (seedNumber: number): Promise<Outcome> => {
  const random = new Random(seedNumber);
  const one = randomDisk(random);
  const two = random.below(12) === 0 ? one : editDisk(one, random);
  const sizeBytes = Math.max(endOfDisk(one), endOfDisk(two)) + random.below(2000) * 512;
  const image = cutImage(stretchesOf(two), putOnto(two, Buffer.alloc(sizeBytes)));
  if (random.below(2) === 0) image.contents = image.contents.map((content) => withUnused(content, random));
  const present = presentDisk(one, sizeBytes, random);

  const whole = memoryDisk(Buffer.from(present), { makesZeros: true });
  await restoreTo(whole, image);

  const seed = { usedExtents: usedExtents(random), memoryBytes: (1 + random.below(12)) * 64 * kibibyte };
  const makesZeros = random.below(2) === 0;
  const bytes = Buffer.from(present);
  let powerCuts = 0;
  for (let cutAt = random.below(16); random.below(2) === 0; cutAt = random.below(16)) {
    const device = memoryDisk(bytes, { makesZeros, cutAt });
    try {
      await restoreTo(device, image, seed);
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error;
      powerCuts++;
      if (isBootable(bytes) && device.writes > 1)
        assert.ok(bytes.subarray(64 * kibibyte).equals(whole.bytes.subarray(64 * kibibyte)));
    }
  }
  const counts = await restoreTo(memoryDisk(bytes, { makesZeros }), image, seed);
  assert.ok(bytes.equals(whole.bytes), 'the delta gave another disk than the full deploy');
  const { inPlaceBytes, copiedBytes, writtenBytes, zeroedBytes } = counts;
  const total = countedBytes(image.contents);
  assert.equal(inPlaceBytes + copiedBytes + writtenBytes + zeroedBytes, total);
  const sizes = image.contents.reduce((sum, { volume }) => sum + volume.sizeBytes, 0);
  return { counts: { ...counts, unusedBytes: sizes - total }, powerCuts };
};
