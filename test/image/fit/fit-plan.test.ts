import test from 'ava';
import { GreifError } from '../../../src/core/errors.ts';
import { type FitPlan, planFit } from '../../../src/image/fit/fit-plan.ts';
import { debianDisk, gib, mib, partitionTypes, sketch, windowsDisk } from './samples.ts';

const disk = (sizeBytes: number, logicalSectorBytes = 512) => ({ sizeBytes, logicalSectorBytes });
const sizes = ({ table }: FitPlan): number[] => table.partitions.map(({ sizeBytes }) => sizeBytes / mib);
const starts = ({ table }: FitPlan): number[] => table.partitions.map(({ firstByte }) => firstByte / mib);

test('a disk of the same size is left as it is', (t) => {
  const image = windowsDisk();
  const plan = planFit(image, disk(61 * gib));
  t.deepEqual(plan.table.partitions.slice(0, 3), image.table.partitions.slice(0, 3));
  t.deepEqual(planFit(image, disk(60 * gib + 718 * mib)).table, image.table);
});

test('Windows on a larger disk: the recovery partition stays where it is and C: does not grow, and that is said', (t) => {
  const image = windowsDisk();
  const plan = planFit(image, disk(120 * gib));
  t.deepEqual(plan.table, image.table);
  t.is(plan.notes.length, 1);
  t.regex(plan.notes[0] ?? '', /59\.3 GiB.* stay unused: partition 4 .*layout "fill"/);
});

test('Windows on a larger disk with layout "fill": C: grows and the recovery partition goes to the end', (t) => {
  const image = windowsDisk();
  const plan = planFit(image, disk(120 * gib), 'fill');
  t.deepEqual(sizes(plan).toSpliced(2, 1), [100, 16, 600]);
  const [, , system, recovery] = plan.table.partitions;
  t.is((recovery?.firstByte ?? 0) + (recovery?.sizeBytes ?? 0), 120 * gib - mib);
  t.is(system?.firstByte, image.table.partitions[2]?.firstByte);
  t.is(recovery?.guid, image.table.partitions[3]?.guid);
  t.regex(
    plan.notes.join(),
    /partition 3 \(Basic data partition\) grows by 59\.3 GiB,partition 4 moves by 59\.3 GiB to the end/,
  );
});

test('Debian with swap at the end: the root grows and swap moves behind it, unasked', (t) => {
  const plan = planFit(debianDisk(), disk(64 * gib));
  t.deepEqual(sizes(plan), [512, 64 * 1024 - 4 * 1024 - 513 - 1, 4096]);
  t.is(starts(plan)[2], 64 * 1024 - 4096 - 1);
});

test('a home at the end grows where the root before it may not move it', (t) => {
  const image = sketch('gpt', [
    { size: 30 * gib, fileSystem: 'ext4' },
    { size: 10 * gib, fileSystem: 'xfs' },
  ]);
  t.deepEqual(sizes(planFit(image, disk(80 * gib))), [30 * 1024, 50 * 1024 - 2]);
  t.deepEqual(sizes(planFit(image, disk(80 * gib), 'fill')), [70 * 1024 - 2, 10 * 1024]);
});

test('MBR: the root grows and the logical swap moves with its extended partition', (t) => {
  const image = sketch('mbr', [
    { size: 20 * gib, fileSystem: 'ext4' },
    { before: mib, size: gib, type: '82', fileSystem: 'swap', number: 5 },
  ]);
  const plan = planFit(image, disk(40 * gib));
  t.deepEqual(sizes(plan), [39 * 1024 - 2, 1024]);
  t.deepEqual(starts(plan), [1, 39 * 1024]);
});

test('MBR grows no further than its sectors count', (t) => {
  const plan = planFit(sketch('mbr', [{ size: gib, fileSystem: 'ext4' }]), disk(4096 * gib));
  t.deepEqual(sizes(plan), [2048 * 1024 - 1]);
});

test('a smaller disk: what has most to give shrinks, and what lies behind moves to the front', (t) => {
  const image = windowsDisk({ minimum: 25 * gib });
  const plan = planFit(image, disk(32 * gib));
  t.deepEqual(sizes(plan).toSpliced(2, 1), [100, 16, 600]);
  t.deepEqual(starts(plan).slice(0, 3), [1, 101, 117]);
  const recovery = plan.table.partitions[3];
  t.is((recovery?.firstByte ?? 0) + (recovery?.sizeBytes ?? 0), 32 * gib - mib);
  t.is(plan.placements.find(({ volume }) => volume.partition === 4)?.firstByte, recovery?.firstByte);
});

test('a smaller disk: free space goes first', (t) => {
  const image = sketch('gpt', [
    { size: gib, fileSystem: 'xfs' },
    { before: 10 * gib, size: gib, fileSystem: 'ext4', minimum: 100 * mib },
  ]);
  const plan = planFit(image, disk(4 * gib));
  t.deepEqual(sizes(plan), [1024, 1024]);
  t.is(starts(plan)[1], 3 * 1024 - 1);
});

test('a disk that is too small even so is refused, and by how much', (t) => {
  const image = windowsDisk({ minimum: 25 * gib });
  const error = t.throws(() => planFit(image, disk(25 * gib)), { instanceOf: GreifError });
  t.is(error?.code, 'DISK_TOO_SMALL');
  t.is(error?.details?.['missingBytes'], 717 * mib + 33 * 512);
  t.regex(error?.message ?? '', /751845888 bytes \(717 MiB\) more.*partition 1: vfat/);
  t.notThrows(() => planFit(image, disk(25 * gib + 717 * mib + 33 * 512)));
});

test('XFS, FAT and what the image knows no minimum of keep their size', (t) => {
  for (const fileSystem of ['xfs', 'vfat', 'ext4', 'crypto_LUKS'])
    t.throws(() => planFit(sketch('gpt', [{ size: gib, fileSystem }]), disk(gib)), {
      code: 'DISK_TOO_SMALL',
    });
});

test('what boot code finds by its place stays, and all before it', (t) => {
  const image = sketch('gpt', [
    { size: 10 * gib, fileSystem: 'ext4', minimum: gib },
    { size: mib, type: partitionTypes.biosBoot },
  ]);
  t.deepEqual(planFit(image, disk(20 * gib), 'fill').table, image.table);
  t.throws(() => planFit(image, disk(8 * gib)), { code: 'DISK_TOO_SMALL' });
});

test('a gap that holds something keeps its distance to the partition behind it', (t) => {
  const image = debianDisk({ minimum: gib });
  const [head, efi, root, swap] = image.volumes;
  const at = (swap?.firstByte ?? 0) - 64 * 1024;
  const gap = { ...head, kind: 'gap', firstByte: at, sizeBytes: 64 * 1024 } as (typeof image.volumes)[number];
  const smaller = { ...root, sizeBytes: (root?.sizeBytes ?? 0) - mib } as typeof gap;
  const [one, two, three] = image.table.partitions;
  const contents = {
    table: { ...image.table, partitions: [one, { ...two, sizeBytes: smaller.sizeBytes }, three] as never[] },
    volumes: [head, efi, smaller, gap, swap] as typeof image.volumes,
  };
  const plan = planFit(contents, disk(20 * gib));
  const placed = plan.placements.find(({ volume }) => volume.kind === 'gap');
  t.is(placed?.firstByte, (plan.table.partitions[2]?.firstByte ?? 0) - 64 * 1024);
});
