import { createReadStream, createWriteStream } from 'node:fs';
import { rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { volumeFile } from '../../../src/image/format/manifest.ts';
import { run } from '../../../src/lab/program.ts';
import type { VirtualRoom } from '../../qemu/virtual-room.ts';
import { assertSameDisk } from './same-disk.ts';

/** 128 entries and a header, at the disk's end: made anew from the manifest's table by every deploy, so no volume holds it. */
const backupTableBytes = 33 * 512;

const copyAt = (from: string, to: string, start: number, firstByte: number): Promise<void> =>
  pipeline(createReadStream(from, { start }), createWriteStream(to, { flags: 'r+', start: firstByte }));

/** The image, as casync, which knows nothing of our code, gets it from the appliance, must be that disk byte by byte. */
export const assertImageIsDisk = async (
  { client, room, folder, appliance }: VirtualRoom,
  image: string,
  disk: string,
): Promise<void> => {
  const { manifest } = await client.getImage({ params: { image } });
  const [whole, part] = [path.join(folder, 'extracted.raw'), path.join(folder, 'extracted-volume.raw')];
  const backupTable = manifest.diskSizeBytes - backupTableBytes;
  await writeFile(whole, '');
  await truncate(whole, manifest.diskSizeBytes);
  await copyAt(disk, whole, backupTable, backupTable);
  for (const volume of manifest.volumes) {
    await rm(part, { force: true });
    const index = `${appliance().url}/api/v1/images/${image}/indexes/${volumeFile(volume)}`;
    await run('casync', ['extract', `--store=http://${room.address}:8080/chunks`, index, part]);
    await copyAt(part, whole, 0, volume.firstByte);
  }
  await assertSameDisk(whole, disk);
};
