import { statSync } from 'node:fs';
import path from 'node:path';
import type { ExecutionContext } from 'ava';
import type { DeployEvidence } from '../../../src/fleet/order-evidence.ts';
import type { PartitionTable } from '../../../src/image/format/manifest.ts';
import { startFakeAppliance } from '../fake-appliance.ts';
import { loopDisk, program, rootTest, sparseFile, temporaryFolder } from '../loop-disk.ts';
import type { SampleImage } from '../sample-image.ts';
import { diskOf, startAgent } from '../working-agent.ts';
import { cutDisk } from './cut-disk.ts';
import { differences, manyFileSystems, type PartSketch, tableOf } from './many-file-systems.ts';

const mebibyte = 1024 * 1024;

const gptParts: PartSketch[] = [
  { fileSystem: 'vfat', mebibytes: 34, type: 'U' },
  { fileSystem: 'ntfs', mebibytes: 64, type: 'L', more: 'name="data, and more"' },
  { fileSystem: 'ext4', mebibytes: 160, type: 'L', fillerBytes: 118 * mebibyte, largeBytes: 8 * mebibyte },
  { fileSystem: 'swap', mebibytes: 16, type: 'S' },
  {
    fileSystem: 'ntfs',
    mebibytes: 24,
    type: 'DE94BBA4-06D1-4D40-A16A-BFD50179D6AC',
    more: 'attrs="RequiredPartition GUID:63"',
    largeBytes: mebibyte,
  },
];

const mbrParts: PartSketch[] = [
  { fileSystem: 'ntfs', mebibytes: 48, type: '7', more: 'bootable' },
  { fileSystem: 'ext4', mebibytes: 64, type: '83' },
  { fileSystem: 'vfat', mebibytes: 34, type: 'c' },
  { fileSystem: 'ext4', mebibytes: 160, type: '83', fillerBytes: 118 * mebibyte, largeBytes: 8 * mebibyte },
  { fileSystem: 'swap', mebibytes: 16, type: '82' },
];

const deployed = async (
  t: ExecutionContext,
  folder: string,
  image: SampleImage,
  target: { sizeBytes: number; options?: object; sectorBytes?: number },
) => {
  const { sectorBytes = 512 } = target;
  const file = sparseFile(path.join(folder, 'target.raw'), target.sizeBytes);
  const disk = loopDisk(t, file, sectorBytes);
  const fake = await startFakeAppliance();
  t.teardown(() => fake.stop());
  fake.file(image, { hostName: 'lab-7', ...(target.options && { options: target.options }) });
  const agent = startAgent(t, fake, [diskOf(disk, { logicalSectorBytes: sectorBytes })]);
  // An order that fails leaves the agent waiting for the next.
  await Promise.race([agent.ended, fake.failure(1)]);
  t.deepEqual(fake.failures, []);
  const evidence = fake.evidence[0] as DeployEvidence;
  const table = await tableOf(file, target.sizeBytes);
  return { file, sizeBytes: target.sizeBytes, evidence, table };
};

const identity = ({ scheme, diskId, partitions }: PartitionTable) => ({
  scheme,
  diskId,
  partitions: partitions.map(({ firstByte: _place, sizeBytes: _size, ...rest }) => rest),
});

const assertProven = (t: ExecutionContext, { manifest }: SampleImage, { volumes }: DeployEvidence): boolean =>
  t.deepEqual(
    volumes.map(({ kind, partition, sizeBytes, readBack }) => [kind, partition, sizeBytes, readBack]),
    manifest.volumes.map(({ kind, partition, sizeBytes, digest }) => [kind, partition, sizeBytes, digest]),
  );

rootTest(
  'GPT on a larger disk, filled: the largest grows, swap and recovery go to the end, nothing is lost',
  async (t) => {
    const folder = await temporaryFolder(t);
    const disk = await manyFileSystems(folder, 'gpt', gptParts);
    const image = await cutDisk(disk.file);
    const larger = statSync(disk.file).size + 200 * mebibyte;
    const target = await deployed(t, folder, image, { sizeBytes: larger, options: { layout: 'fill' } });
    t.deepEqual(await differences(folder, target, disk), []);
    t.deepEqual(identity(target.table), identity(image.manifest.table));
    t.regex(program('sgdisk', ['--verify', target.file]), /No problems found/);
    t.is(target.table.partitions[2]?.sizeBytes, 360 * mebibyte);
    t.is((target.table.partitions[4]?.firstByte ?? 0) + 24 * mebibyte, larger - mebibyte);
    assertProven(t, image, target.evidence);
    const steps = target.evidence.steps.map(({ name }) => name);
    t.deepEqual(steps.slice(0, 4), ['partition-table', 'grow', 'swap', 'boot-sector']);
  },
);

rootTest('GPT on a smaller disk: ext4 shrinks although its last file lies behind the new end', async (t) => {
  const folder = await temporaryFolder(t);
  const disk = await manyFileSystems(folder, 'gpt', gptParts);
  const image = await cutDisk(disk.file, { 3: 80 * mebibyte });
  const smaller = statSync(disk.file).size - 70 * mebibyte;
  const target = await deployed(t, folder, image, { sizeBytes: smaller });
  t.deepEqual(await differences(folder, target, disk), []);
  t.deepEqual(identity(target.table), identity(image.manifest.table));
  t.regex(program('sgdisk', ['--verify', target.file]), /No problems found/);
  t.is(target.table.partitions[2]?.sizeBytes, 90 * mebibyte);
  assertProven(t, image, target.evidence);
  t.is(target.evidence.volumes.find(({ partition }) => partition === 3)?.fittedBytes, 90 * mebibyte);
});

rootTest('MBR on a larger and on a smaller disk: logical partitions move with their records', async (t) => {
  const folder = await temporaryFolder(t);
  const disk = await manyFileSystems(folder, 'dos', mbrParts);
  const image = await cutDisk(disk.file, { 5: 80 * mebibyte });
  const size = statSync(disk.file).size;
  for (const [change, expected] of [
    [100, 261],
    [-60, 101],
  ] as const) {
    const target = await deployed(t, folder, image, { sizeBytes: size + change * mebibyte });
    t.deepEqual(await differences(folder, target, disk), [], `${change} MiB`);
    t.deepEqual(identity(target.table), identity(image.manifest.table));
    t.is((target.table.partitions[3]?.sizeBytes ?? 0) / mebibyte, expected);
    t.regex(program('sfdisk', ['--verify', target.file]), /No errors detected/);
    assertProven(t, image, target.evidence);
  }
});

rootTest('new ids on request: of disk and partitions, and of nothing else', async (t) => {
  const folder = await temporaryFolder(t);
  const disk = await manyFileSystems(folder, 'gpt', [
    { fileSystem: 'ext4', mebibytes: 32, type: 'L', largeBytes: mebibyte },
    { fileSystem: 'swap', mebibytes: 16, type: 'S' },
  ]);
  const image = await cutDisk(disk.file);
  const target = await deployed(t, folder, image, { sizeBytes: 80 * mebibyte, options: { newIds: true } });
  t.deepEqual(await differences(folder, target, disk), []);
  const ids = ({ diskId, partitions }: PartitionTable) => [diskId, ...partitions.map(({ guid }) => guid)];
  const all = [...ids(target.table), ...ids(image.manifest.table)];
  t.is(new Set(all).size, 6);
  t.regex(program('sgdisk', ['--verify', target.file]), /No problems found/);
});

rootTest(
  'a 4Kn disk: the GPT is rewritten for its sectors, and FAT made for 512 bytes is refused with the disk untouched',
  async (t) => {
    const folder = await temporaryFolder(t);
    const linux: PartSketch[] = [
      { fileSystem: 'ext4', mebibytes: 120, type: 'L', largeBytes: mebibyte },
      { fileSystem: 'swap', mebibytes: 16, type: 'S', more: 'attrs="GUID:60"' },
    ];
    const disk = await manyFileSystems(folder, 'gpt', linux);
    const image = await cutDisk(disk.file);
    const target = await deployed(t, folder, image, { sizeBytes: 160 * mebibyte, sectorBytes: 4096 });
    t.deepEqual(await differences(folder, target, disk), []);
    t.deepEqual(identity(target.table), identity(image.manifest.table));
    t.is(target.table.sectorBytes, 4096);
    t.is(target.table.partitions[0]?.sizeBytes, 142 * mebibyte);

    const fat = await cutDisk(
      (await manyFileSystems(folder, 'gpt', [{ fileSystem: 'vfat', mebibytes: 34, type: 'U' }])).file,
    );
    const untouched = loopDisk(t, sparseFile(path.join(folder, 'untouched.raw'), 64 * mebibyte), 4096);
    const fake = await startFakeAppliance();
    t.teardown(() => fake.stop());
    fake.file(fat);
    startAgent(t, fake, [diskOf(untouched, { logicalSectorBytes: 4096 })]);
    const failure = await fake.failure(1);
    t.is(failure.code, 'DISK_UNSUITABLE');
    t.regex(failure.message, /partition 1 \(vfat\) was made for sectors of 512 bytes/);
    t.is(statSync(untouched.file).blocks, 0);
  },
);
