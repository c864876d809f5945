import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { createAdminClient } from '../../../src/api/client.ts';
import { jobDone } from '../../../src/lab/following.ts';
import { makeSampleDisk } from '../sample-disk.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { startS3 } from './s3-server.ts';

const program = path.resolve(import.meta.dirname, '../../../src/main.ts');
/** A loopback address of this process alone; the other tests in it keep to the usual port. */
const host = `127.${(process.pid >> 16) & 255}.${(process.pid >> 8) & 255}.${process.pid & 255 || 1}`;

/** The real appliance, whose images are in the bucket at the prefix. */
const startAppliance = async (t: ExecutionContext, folder: string, port: number, s3: object) => {
  const settings = path.join(folder, `${port}.json`);
  const images = { store: 's3', s3: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER', ...s3 } };
  await writeFile(settings, JSON.stringify({ admin: { host, port }, images }));
  const folders = [
    '--data',
    path.join(folder, `data-${port}`),
    '--images',
    path.join(folder, `images-${port}`),
  ];
  const child = spawn(process.execPath, [program, '--config', settings, ...folders], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null && child.kill()) await once(child, 'close');
  };
  t.teardown(stop);
  await once(child.stdout, 'data');
  return { client: createAdminClient(`http://${host}:${port}`), stop };
};

test('two appliances keep their images in one bucket; one that has lost its folder of images has them all', async (t) => {
  const server = await startS3(t);
  const { endpoint, bucket } = server.access();
  const folder = await temporaryFolder(t);
  const disk = path.join(folder, 'disk.raw');
  await makeSampleDisk(disk);
  const one = await startAppliance(t, folder, 18470, { endpoint, bucket, prefix: 'one/' });
  const other = await startAppliance(t, folder, 18471, { endpoint, bucket, prefix: 'other/' });
  await jobDone(one.client, await one.client.importImage({ body: { name: 'debian', path: disk } }));
  t.deepEqual(await other.client.listImages(), []);
  await jobDone(other.client, await other.client.importImage({ body: { name: 'own', path: disk } }));
  await one.stop();
  await rm(path.join(folder, 'images-18470'), { recursive: true });

  const { client } = await startAppliance(t, folder, 18470, { endpoint, bucket, prefix: 'one/' });
  const [image, ...others] = await client.listImages();
  t.is(image?.ref, 'debian@1');
  t.deepEqual(others, []);
  const verified = await client.verifyImage({ params: { image: 'debian' }, query: {} });
  t.is((await jobDone(client, verified)).state, 'done');
});
