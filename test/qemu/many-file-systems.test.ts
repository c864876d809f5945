import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import type { Partition } from '../../src/image/format/manifest.ts';
import { standardPc } from '../../src/lab/standard-pc.ts';
import { stockImage } from '../../src/lab/stock.ts';
import { differences, manyFileSystems, type PartSketch, tableOf } from '../agent/fit/many-file-systems.ts';
import { completedAndOff, discover } from './steps.ts';
import { openVirtualRoom } from './virtual-room.ts';

const mebibyte = 2 ** 20;
const largeBytes = 4 * mebibyte;

const recovery = 'DE94BBA4-06D1-4D40-A16A-BFD50179D6AC';

const lvm = 'E6D6D379-F507-44C2-A23C-238F2A3DF928';

/** A logical volume, every file system that is fitted, swap, and a recovery partition behind all that could grow. */
const gpt: PartSketch[] = [
  { fileSystem: 'lvm', mebibytes: 16, type: lvm },
  { fileSystem: 'vfat', mebibytes: 34, type: 'U' },
  { fileSystem: 'ntfs', mebibytes: 96, type: 'L', fillerBytes: 60 * mebibyte, largeBytes },
  { fileSystem: 'xfs', mebibytes: 304, type: 'L', largeBytes },
  { fileSystem: 'btrfs', mebibytes: 640, type: 'L', fillerBytes: 400 * mebibyte, largeBytes },
  { fileSystem: 'ext4', mebibytes: 320, type: 'L', fillerBytes: 240 * mebibyte, largeBytes },
  { fileSystem: 'swap', mebibytes: 16, type: 'S' },
  {
    fileSystem: 'ntfs',
    mebibytes: 16,
    type: recovery,
    more: 'attrs="RequiredPartition GUID:63"',
    largeBytes: mebibyte,
  },
];

/** The fourth and the others are logical. */
const mbr: PartSketch[] = [
  { fileSystem: 'ntfs', mebibytes: 64, type: '7', more: 'bootable', largeBytes },
  { fileSystem: 'xfs', mebibytes: 304, type: '83', largeBytes },
  { fileSystem: 'vfat', mebibytes: 34, type: 'c' },
  { fileSystem: 'btrfs', mebibytes: 512, type: '83', fillerBytes: 300 * mebibyte, largeBytes },
  { fileSystem: 'ext4', mebibytes: 160, type: '83', fillerBytes: 100 * mebibyte, largeBytes },
  { fileSystem: 'swap', mebibytes: 16, type: '82' },
];

/** All of a partition but where it lies. */
const identity = ({ firstByte: _place, sizeBytes: _size, ...rest }: Partition) => rest;

const sizeOf = (parts: readonly PartSketch[]): number =>
  parts.reduce((sum, { mebibytes }) => sum + mebibytes + 1, 2) * mebibyte;

const disks = [
  {
    scheme: 'gpt',
    parts: gpt,
    targets: [
      { larger: 256, layout: 'fill' },
      { larger: -400, layout: 'keep' },
    ],
  },
  {
    scheme: 'dos',
    parts: mbr,
    targets: [
      { larger: 256, layout: 'fill' },
      { larger: -120, layout: 'keep' },
    ],
  },
] as const;

test('disks of many file systems, GPT and MBR, go onto larger and smaller ones: each is sound, every file as it was', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'greif-many-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const room = await openVirtualRoom(t, { ownImages: true });
  let number = 0;
  for (const { scheme, parts, targets } of disks) {
    const source = await manyFileSystems(folder, scheme, parts);
    const image = await stockImage(room.client, `many-${scheme}`, source.file);
    const { manifest } = await room.client.getImage({ params: { image } });
    for (const { larger, layout } of targets) {
      const standard = standardPc(++number, 'bios');
      const sizeBytes = sizeOf(parts) + larger * mebibyte;
      const pc = await room.addPc({ ...standard, disk: { ...standard.disk, sizeBytes } });
      const machine = await discover(pc, room);
      const body = { machine: machine.id, image, options: { layout } };
      const { evidence } = await completedAndOff((await room.client.fileOrder({ body })).id, pc, room);
      const steps = evidence?.kind === 'deploy' ? evidence.steps : [];
      t.log(steps.map(({ name, detail }) => `${name}: ${detail}`).join('\n'));
      t.true(steps.some(({ name }) => name === (larger > 0 ? 'grow' : 'shrink')));
      // The logical volume was looked into: one that is not opened would be named.
      const personalised = steps.find(({ name }) => name === 'personalise');
      t.is(personalised?.detail, 'the image holds no system in a file system that is known here');

      t.deepEqual(
        await differences(folder, { file: pc.diskFile, sizeBytes }, source),
        [],
        `${scheme}, ${larger} MiB`,
      );
      const table = await tableOf(pc.diskFile, sizeBytes);
      t.is(table.diskId, manifest.table.diskId);
      t.deepEqual(table.partitions.map(identity), manifest.table.partitions.map(identity));
    }
  }
});
