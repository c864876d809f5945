import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { decodeIndex } from '../../src/image/format/index-file.ts';
import type { Volume } from '../../src/image/format/manifest.ts';

/**
 * What a volume hashes to in that disk file, by a way of its own: plain reads and SHA-256 over the index's chunk boundaries.
 * The same definition as in `VolumeProof`: SHA-256 over the SHA-256 of each chunk, with zeros for what the image's file system does not use.
 */
export const hashVolume = async (diskFile: string, volume: Volume, imagesFolder: string): Promise<string> => {
  const index = decodeIndex(await readFile(path.join(imagesFolder, 'indexes', `${volume.index}.caibx`)));
  const isUnused = (start: number, end: number): boolean =>
    (volume.unused ?? []).some(
      ({ firstByte, sizeBytes }) => firstByte <= start && end <= firstByte + sizeBytes,
    );
  const disk = await open(diskFile);
  const whole = createHash('sha256');
  try {
    for (let item = 0; item < index.count; item++) {
      const bytes = Buffer.alloc(index.size(item));
      if (!index.isZero(item) || !isUnused(index.start(item), index.end(item)))
        await disk.read(bytes, 0, bytes.length, volume.firstByte + index.start(item));
      whole.update(createHash('sha256').update(bytes).digest());
    }
  } finally {
    await disk.close();
  }
  return whole.digest('hex');
};

/** SHA-256 of a whole file. */
export const hashFile = async (file: string): Promise<string> => {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { highWaterMark: 2 ** 20 }), hash);
  return hash.digest('hex');
};
