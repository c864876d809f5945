import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { run } from '../../src/agent/programs.ts';
import { mountWith } from '../../src/agent/system/mount.ts';
import { sha256Hex } from '../../src/core/ids.ts';
import type { Extent } from '../../src/image/disk/extents.ts';
import type { Volume } from '../../src/image/format/manifest.ts';
import { bytesAt, digestOnDisk, volumeOf } from './disk-content.ts';
import { deployEvidence, startFakeAppliance } from './fake-appliance.ts';
import { loopDisk, program, rootTest, sparseFile, temporaryFolder, usedDiskFile } from './loop-disk.ts';
import { linuxImage, withUnused } from './sample-image.ts';
import { diskOf, startAgent } from './working-agent.ts';

const mebibyte = 1024 * 1024;

rootTest(
  'a used disk becomes the image: byte for byte, grown to the disk, under its own names',
  async (t) => {
    const folder = await temporaryFolder(t);
    const image = await linuxImage(folder);
    const disk = loopDisk(t, usedDiskFile(path.join(folder, 'disk.raw'), 80 * mebibyte));
    const fake = await startFakeAppliance();
    t.teardown(() => fake.stop());
    fake.file(image, { hostName: 'lab-7' });
    await startAgent(t, fake, [diskOf(disk)]).ended;

    t.deepEqual(fake.failures, []);
    const evidence = deployEvidence(fake);
    const { volumes } = image.manifest;
    t.deepEqual(
      evidence.volumes.map(({ readBack }) => readBack),
      volumes.map(({ digest }) => digest),
    );
    for (const [position, volume] of volumes.entries())
      t.is(evidence.volumes[position]?.handover, await digestOnDisk(disk.path, image, volume));
    for (const partition of [1, 2])
      t.is(evidence.volumes[partition]?.handover, volumeOf(image, partition).digest);
    t.is(evidence.manifestDigest, image.digest);
    t.is(evidence.disk.serial, 'LOOP1');
    t.is(
      evidence.writtenBytes + evidence.zeroedBytes,
      volumes.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    );
    // This machine's kernel may know no FAT: then the fallback loader is only told of.
    const steps = evidence.steps.filter(({ name }) => name !== 'fallback-loader');
    t.is(evidence.steps.length, 15);
    t.deepEqual(
      steps.map(({ name, outcome }) => `${name} ${outcome}`),
      [
        'partition-table done',
        'grow done',
        'host-name done',
        'machine-id done',
        'ssh-host-keys skipped',
        'random-seed skipped',
        'credential-secret skipped',
        'dhcp-leases skipped',
        'cloud-init skipped',
        'network skipped',
        'fstab skipped',
        'kernel-arguments skipped',
        'initramfs skipped',
        'boot-entry skipped',
      ],
    );
    t.deepEqual([...new Set(fake.progress.map(({ stage }) => stage))], ['writing', 'verifying', 'finishing']);

    t.regex(program('sgdisk', ['--verify', disk.path]), /No problems found/);
    t.is(
      program('blkid', ['-p', '-o', 'value', '-s', 'PTUUID', disk.path]).trim().toUpperCase(),
      image.manifest.table.diskId,
    );
    t.deepEqual(
      (await bytesAt(disk.path, { firstByte: 0, sizeBytes: 440 })).toString('hex'),
      (await bytesAt(image.file, { firstByte: 0, sizeBytes: 440 })).toString('hex'),
    );
    const root = { device: `${disk.path}p3`, fileSystem: 'ext4', readOnly: true };
    await mountWith(run)(root, async (mounted) => {
      const read = (name: string) => readFileSync(path.join(mounted, name), 'utf8');
      t.is(read('etc/hostname'), 'lab-7\n');
      t.is(read('etc/hosts'), '127.0.0.1\tlocalhost\n127.0.1.1\tlab-7\n::1 localhost\n');
      t.regex(read('etc/machine-id'), /^[0-9a-f]{32}\n$/);
      t.not(read('etc/machine-id'), `${'0123456789abcdef'.repeat(2)}\n`);
      t.is(read('var/lib/dbus/machine-id'), read('etc/machine-id'));
      t.is(statSync(path.join(mounted, 'data/random')).size, 6 * mebibyte);
    });
    t.regex(program('dumpe2fs', ['-h', `${disk.path}p3`]), /^Filesystem state:\s+clean$/m);
    const blocks = /^Block count:\s+(\d+)$/m.exec(program('dumpe2fs', ['-h', `${disk.path}p3`]))?.[1];
    const blockBytes = /^Block size:\s+(\d+)$/m.exec(program('dumpe2fs', ['-h', `${disk.path}p3`]))?.[1];
    t.true(Number(blocks) * Number(blockBytes) > 68 * mebibyte);
  },
);

rootTest('a disk as large as the image’s is filled and not grown', async (t) => {
  const folder = await temporaryFolder(t);
  const image = await linuxImage(folder);
  const disk = loopDisk(t, usedDiskFile(path.join(folder, 'disk.raw'), image.manifest.diskSizeBytes));
  const fake = await startFakeAppliance();
  t.teardown(() => fake.stop());
  fake.file(image, { diskId: 'LOOP1' });
  await startAgent(t, fake, [diskOf(disk), diskOf(disk, { id: 'serial:OTHER', serial: 'OTHER' })]).ended;
  const { steps } = deployEvidence(fake);
  t.deepEqual(steps[0], { name: 'partition-table', outcome: 'done', detail: 'gpt, ids as in the image' });
  t.false(steps.some(({ name }) => name === 'grow'));
  t.regex(program('sgdisk', ['--verify', disk.path]), /No problems found/);
});

rootTest('unused blocks are left as they are, and the proof is over all others', async (t) => {
  const folder = await temporaryFolder(t);
  const image = await withUnused(await linuxImage(folder));
  const { volumes, diskSizeBytes } = image.manifest;
  const unused = volumes.flatMap((volume) => volume.unused?.map((run) => ({ volume, run })) ?? []);
  t.true(unused.length > 0);
  const disk = loopDisk(t, usedDiskFile(path.join(folder, 'disk.raw'), diskSizeBytes));
  const fake = await startFakeAppliance();
  t.teardown(() => fake.stop());
  fake.file(image);
  await startAgent(t, fake, [diskOf(disk)]).ended;

  t.deepEqual(fake.failures, []);
  const evidence = deployEvidence(fake);
  t.deepEqual(
    evidence.volumes.map(({ readBack }) => readBack),
    volumes.map(({ digest }) => digest),
  );
  t.true(evidence.unusedBytes > 8 * mebibyte);
  t.is(
    evidence.writtenBytes + evidence.zeroedBytes + evidence.unusedBytes,
    volumes.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  );
  // In the middle of the largest run lies what lay there before.
  const { volume, run } = unused.toSorted((one, other) => other.run.sizeBytes - one.run.sizeBytes)[0] as {
    volume: Volume;
    run: Extent;
  };
  const middle = volume.firstByte + run.firstByte + Math.floor(run.sizeBytes / 2);
  t.regex((await bytesAt(disk.path, { firstByte: middle, sizeBytes: 64 })).toString(), /leavings/);
  program('e2fsck', ['-f', '-n', `${disk.path}p3`]);
  const found = program('sh', ['-c', 'debugfs -R "cat /data/text" "$0" | sha256sum', `${disk.path}p3`]);
  t.is(found.slice(0, 64), sha256Hex('The quick brown fox. '.repeat(200_000)));
});

for (const fileSystem of ['xfs', 'btrfs'] as const)
  rootTest(`${fileSystem} grows to the disk`, async (t) => {
    const folder = await temporaryFolder(t);
    const image = await linuxImage(folder, { fileSystem, sizeBytes: 352 * mebibyte });
    const disk = loopDisk(t, sparseFile(path.join(folder, 'disk.raw'), 512 * mebibyte));
    const fake = await startFakeAppliance();
    t.teardown(() => fake.stop());
    fake.file(image);
    await startAgent(t, fake, [diskOf(disk)]).ended;
    t.is(deployEvidence(fake).steps[1]?.outcome, 'done');
    const root = { device: `${disk.path}p3`, fileSystem, readOnly: true };
    await mountWith(run)(root, async (mounted) => {
      const size = program('findmnt', ['--noheadings', '--bytes', '--output', 'SIZE', mounted]);
      t.true(Number(size) > 420 * mebibyte, size);
    });
  });
