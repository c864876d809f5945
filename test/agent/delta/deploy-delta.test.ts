import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ExecutionContext } from 'ava';
import { sha256Hex } from '../../../src/core/ids.ts';
import type { DeployEvidence } from '../../../src/fleet/order-evidence.ts';
import { bytesAt, digestOnDisk, isUnbootable } from '../disk-content.ts';
import { type FakeAppliance, startFakeAppliance } from '../fake-appliance.ts';
import {
  type LoopDisk,
  loopDisk,
  loopsOver,
  program,
  rootTest,
  sparseFile,
  temporaryFolder,
  unmount,
  usedDiskFile,
} from '../loop-disk.ts';
import { cutImage, linuxImage, type SampleImage } from '../sample-image.ts';
import { diskOf, startAgent } from '../working-agent.ts';

const mebibyte = 1024 * 1024;

/** The same system after an update: files came, went and changed, on the file system as it was. */
const updated = async (image: SampleImage, folder: string): Promise<SampleImage> => {
  const file = path.join(folder, 'updated.raw');
  copyFileSync(image.file, file);
  const mounted = path.join(folder, 'update');
  mkdirSync(mounted);
  program('mount', ['-o', 'loop,offset=10485760', file, mounted]);
  try {
    rmSync(path.join(mounted, 'data/text'));
    writeFileSync(path.join(mounted, 'data/new'), randomBytes(mebibyte));
    writeFileSync(path.join(mounted, 'etc/motd'), 'version 2\n');
  } finally {
    unmount(mounted);
  }
  return cutImage(file, { 2: 'vfat', 3: 'ext4' });
};

interface Room {
  fake: FakeAppliance;
  disk: LoopDisk;
  deploy(image: SampleImage, full?: boolean): Promise<DeployEvidence>;
}

const room = async (t: ExecutionContext, diskFile: string): Promise<Room> => {
  const fake = await startFakeAppliance();
  t.teardown(() => fake.stop());
  const disk = loopDisk(t, diskFile);
  const deploy = async (image: SampleImage, full = false): Promise<DeployEvidence> => {
    fake.file(image, { options: full ? { full } : {} });
    await startAgent(t, fake, [diskOf(disk)]).ended;
    return fake.evidence.at(-1) as DeployEvidence;
  };
  return { fake, disk, deploy };
};

const provenAs = (evidence: DeployEvidence) => evidence.volumes.map(({ readBack }) => readBack);
const digestsOf = ({ manifest }: SampleImage) => manifest.volumes.map(({ digest }) => digest);
const sizeOf = ({ manifest }: SampleImage) =>
  manifest.volumes.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);

rootTest(
  'version 2 onto a PC with version 1: what is there stays, and only the new is fetched',
  async (t) => {
    const folder = await temporaryFolder(t);
    const one = await linuxImage(folder);
    const two = await updated(one, folder);
    const { deploy, disk } = await room(t, usedDiskFile(path.join(folder, 'disk.raw'), 80 * mebibyte));

    const first = await deploy(one);
    t.is(first.inPlaceBytes, 0);
    t.true(first.fetchedBytes > 6 * mebibyte);

    const second = await deploy(two);
    t.deepEqual(provenAs(second), digestsOf(two));
    t.true(second.inPlaceBytes > 6 * mebibyte, `${second.inPlaceBytes} in place`);
    t.true(second.fetchedBytes < 2 * mebibyte, `${second.fetchedBytes} fetched`);
    for (const [position, volume] of two.manifest.volumes.entries())
      t.is(second.volumes[position]?.handover, await digestOnDisk(disk.path, two, volume));
    const { inPlaceBytes, copiedBytes, writtenBytes, zeroedBytes } = second;
    t.is(inPlaceBytes + copiedBytes + writtenBytes + zeroedBytes, sizeOf(two));

    const full = await deploy(two, true);
    t.deepEqual(provenAs(full), digestsOf(two));
    t.is(full.inPlaceBytes + full.copiedBytes, 0);
    t.true(full.fetchedBytes > 6 * mebibyte);
  },
);

rootTest('files on a fresh file system are copied on the disk and not fetched', async (t) => {
  const folder = await temporaryFolder(t);
  const one = await linuxImage(folder);
  const files = path.join(folder, 'mounted');
  mkdirSync(files);
  const again = path.join(folder, 'again');
  mkdirSync(again);
  program('mount', ['-o', 'loop,offset=10485760,ro', one.file, files]);
  t.teardown(() => unmount(files));
  const two = await linuxImage(again, {
    extra: (root) => program('cp', ['-a', path.join(files, 'data/random'), path.join(root, 'data/random')]),
  });
  const { deploy } = await room(t, sparseFile(path.join(folder, 'disk.raw'), 64 * mebibyte));
  await deploy(one);
  const evidence = await deploy(two);
  t.deepEqual(provenAs(evidence), digestsOf(two));
  t.true(evidence.inPlaceBytes + evidence.copiedBytes > 5 * mebibyte);
  t.true(evidence.fetchedBytes < mebibyte, `${evidence.fetchedBytes} fetched`);
});

const diskHash = async ({ path: device, sizeBytes }: LoopDisk): Promise<string> =>
  sha256Hex(await bytesAt(device, { firstByte: 0, sizeBytes }));

/** What a PC that was switched off may find: an empty head, the disk as it was, or the image whole. Nothing in between boots. */
const mayBoot = async (disk: LoopDisk, before: string, image: SampleImage): Promise<boolean> => {
  if (await isUnbootable(disk.path)) return false;
  if ((await diskHash(disk)) === before) return false;
  for (const volume of image.manifest.volumes)
    if ((await digestOnDisk(disk.path, image, volume)) !== volume.digest) return true;
  return false;
};

rootTest(
  'killed at random points of a delta: nothing half-written boots, and the next start completes it',
  async (t) => {
    t.timeout(300_000);
    const folder = await temporaryFolder(t);
    const one = await linuxImage(folder);
    const two = await updated(one, folder);
    const { fake, disk, deploy } = await room(t, usedDiskFile(path.join(folder, 'disk.raw'), 64 * mebibyte));
    await deploy(one);
    fake.file(two);
    const image = path.join(folder, 'image.json');
    const indexes = Object.fromEntries(
      [...two.indexes].map(([digest, bytes]) => [digest, bytes.toString('base64')]),
    );
    writeFileSync(image, JSON.stringify({ volumes: two.manifest.volumes, indexes }));
    let killed = 0;
    for (let round = 0; round < 10; round++) {
      const before = await diskHash(disk);
      const child = fork(path.join(import.meta.dirname, 'restore-process.ts'), [fake.url, disk.path, image]);
      let left = 1 + Math.floor(Math.random() * 60);
      child.on('message', () => {
        if (--left === 0) child.kill('SIGKILL');
      });
      const [status, signal] = await once(child, 'exit');
      if (signal === 'SIGKILL') killed++;
      else t.is(status, 0);
      t.false(await mayBoot(disk, before, two), `round ${round}`);
    }
    t.true(killed > 0);
    // What was killed had partitions lent, which would hold the disk's file for ever.
    for (const device of loopsOver(disk.path)) program('losetup', ['--detach', device]);
    t.deepEqual(provenAs(await deploy(two)), digestsOf(two));
  },
);
