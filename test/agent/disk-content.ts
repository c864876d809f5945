import { open } from 'node:fs/promises';
import { chunkId, createVolumeDigest } from '../../src/image/format/chunk.ts';
import { decodeIndex } from '../../src/image/format/index-file.ts';
import type { Volume } from '../../src/image/format/manifest.ts';
import type { SampleImage } from './sample-image.ts';

type Place = Pick<Volume, 'firstByte' | 'sizeBytes'>;

/** Bytes of a disk's file or device, as the page cache has them. */
export const bytesAt = async (file: string, { firstByte, sizeBytes }: Place): Promise<Buffer> => {
  const handle = await open(file);
  const bytes = Buffer.alloc(sizeBytes);
  await handle.read(bytes, 0, sizeBytes, firstByte);
  await handle.close();
  return bytes;
};

/** The digest of a volume that lies on a disk, worked out in the plainest way. */
export const digestOnDisk = async (file: string, image: SampleImage, volume: Volume): Promise<string> => {
  const bytes = await bytesAt(file, volume);
  const index = decodeIndex(image.indexes.get(volume.index) as Buffer);
  const digest = createVolumeDigest();
  for (let item = 0; item < index.count; item++)
    digest.add(Buffer.from(chunkId(bytes.subarray(index.start(item), index.end(item))), 'hex'));
  return digest.digest();
};

export const volumeOf = ({ manifest }: SampleImage, partition: number): Volume =>
  manifest.volumes.find((volume) => volume.partition === partition) as Volume;

/** Whether nothing of a partition table or boot code is left in the first mebibyte. */
export const isUnbootable = async (file: string): Promise<boolean> =>
  (await bytesAt(file, { firstByte: 0, sizeBytes: 1024 * 1024 })).every((byte) => byte === 0);
