import { createReadStream, createWriteStream } from 'node:fs';
import { rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { volumeFile } from '../../../src/image/format/manifest.ts';
import { run } from '../../../src/lab/program.ts';
import { hashFile } from '../../qemu/disk-proof.ts';
import type { VirtualRoom } from '../../qemu/virtual-room.ts';

/** SHA-256 of the disk that an image stands for, as casync, which knows nothing of our code, gets it from the appliance. */
export const extractImage = async (
  { client, room, folder, appliance }: VirtualRoom,
  image: string,
): Promise<string> => {
  const { manifest } = await client.getImage({ params: { image } });
  const [disk, part] = ['extracted.raw', 'extracted-volume.raw'].map((name) => path.join(folder, name)) as [
    string,
    string,
  ];
  await writeFile(disk, '');
  await truncate(disk, manifest.diskSizeBytes);
  for (const volume of manifest.volumes) {
    await rm(part, { force: true });
    const index = `${appliance().url}/api/v1/images/${image}/indexes/${volumeFile(volume)}`;
    await run('casync', ['extract', `--store=http://${room.address}:8080/chunks`, index, part]);
    await pipeline(createReadStream(part), createWriteStream(disk, { flags: 'r+', start: volume.firstByte }));
  }
  return hashFile(disk);
};
