/**
 * The appliance itself and casync, in a network namespace of their own: `node casync-room.ts FOLDER`. Prints as JSON what casync read of an image of ours, and
 * what the appliance imported of a disk of casync's.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { volumeFile } from '../../src/image/format/manifest.ts';
import { startAppliance } from '../../src/lab/appliance.ts';
import { stockImage } from '../../src/lab/stock.ts';
import { makeSampleDisk } from './sample-disk.ts';
import { tool } from './tool.ts';

const [, , folder = ''] = process.argv;
const at = (name: string) => path.join(folder, name);

const sha256Of = async (file: string, start = 0, sizeBytes = Infinity): Promise<string> => {
  const digest = createHash('sha256');
  for await (const piece of createReadStream(file, { start, end: start + sizeBytes - 1 }))
    digest.update(piece);
  return digest.digest('hex');
};

for (const words of [
  'link set lo up',
  'link add room0 type bridge',
  'address add 10.77.0.1/24 dev room0',
  'link set room0 up',
])
  await tool('ip', ...words.split(' '));
const disk = at('disk.raw');
await makeSampleDisk(disk, { dataMib: 12 });
await mkdir(at('work'));
const appliance = await startAppliance(
  { bridge: 'room0' },
  { data: at('work/data'), images: at('work/images'), logFile: at('work/log'), dhcp: 'off' },
);
try {
  const { client, url } = appliance;
  const ref = await stockImage(client, 'sample', disk);
  const { manifest } = await client.getImage({ params: { image: ref } });
  const read: { volume: string; isSame: boolean }[] = [];
  for (const volume of manifest.volumes) {
    const name = volumeFile(volume);
    const index = `${url}/api/v1/images/${ref}/indexes/${name}`;
    const target = at(`${name}.raw`);
    await tool('casync', 'extract', '--store=http://10.77.0.1:8080/chunks', index, target);
    const own = await sha256Of(disk, volume.firstByte, volume.sizeBytes);
    read.push({ volume: name, isSame: (await sha256Of(target)) === own });
  }
  // And with the store as a folder, as casync itself writes one.
  await tool('casync', 'make', '--digest=sha256', `--store=${at('theirs')}`, at('theirs.caibx'), disk);
  const job = await client.importImage({
    body: { name: 'theirs', path: at('theirs.caibx'), store: at('theirs') },
  });
  const imported = await stockImage(client, 'theirs', at('theirs.caibx')).catch(
    (error: Error) => error.message,
  );
  const theirs = await client.getImage({ params: { image: 'theirs' } });
  console.log(
    JSON.stringify({
      read,
      job: job.kind,
      imported,
      isSame: theirs.manifest.contentDigest === manifest.contentDigest,
    }),
  );
} finally {
  await appliance.stop();
}
