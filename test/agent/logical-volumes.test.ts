import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { ExecutionContext } from 'ava';
import { run } from '../../src/agent/programs.ts';
import { withDiskVolumes } from '../../src/agent/system/disk-volumes.ts';
import { mountWith } from '../../src/agent/system/mount.ts';
import { sha256Hex } from '../../src/core/ids.ts';
import { type TestLogicalVolume, volumeGroup } from './logical-disk.ts';
import { loopsOver, program, rootTest } from './loop-disk.ts';
import { ext4, type TestDisk, testDisk } from './system-disk.ts';

const swapUuid = '0fc63daf-8483-4772-8e79-3d69d8477de4';

/** As installers name their groups: the hyphen is doubled in the mapper's names. */
const root = '/dev/mapper/debian--vg-root';

const fstab = `${root} / ext4 defaults 0 1
/dev/debian-vg/var /var ext4 defaults 0 2
UUID=${swapUuid} none swap sw 0 0
/dev/mapper/debian--vg-home /home ext4 nofail 0 2
`;

const debian: TestLogicalVolume[] = [
  {
    name: 'root',
    sizeMiB: 24,
    format: ext4({
      'etc/os-release': 'ID=debian\n',
      'etc/hostname': 'golden\n',
      'etc/fstab': fstab,
      // As Debian's own file explains itself.
      'etc/default/grub': `# GRUB passes "root=UUID=xxx" to Linux\nGRUB_CMDLINE_LINUX="root=${root}"\n`,
      'var/nothing': 'covered',
    }),
  },
  { name: 'var', sizeMiB: 12, format: ext4({ 'lib/dhcp/dhclient.leases': 'lease {}\n' }) },
  { name: 'swap_1', sizeMiB: 8, format: (device) => void program('mkswap', ['-q', device]) },
];

const onLvm = (t: ExecutionContext, volumes: readonly TestLogicalVolume[]) =>
  testDisk(t, [
    { sizeMiB: 4, format: ext4({}) },
    { sizeMiB: 64, type: 'E6D6D379-F507-44C2-A23C-238F2A3DF928', format: volumeGroup('debian-vg', volumes) },
  ]);

const look = <Result>({ path: disk, table }: TestDisk, name: string, use: (folder: string) => Result) =>
  withDiskVolumes(disk, { table }, run, (volumes) => {
    const { device } = volumes.find(({ logicalNames }) => logicalNames?.includes(name)) ?? { device: '' };
    return mountWith(run)({ device, fileSystem: 'ext4', readOnly: true }, async (folder) => use(folder));
  });

rootTest(
  'a Linux on logical volumes becomes this PC’s own, by whatever name fstab has for them',
  async (t) => {
    const disk = await onLvm(t, debian);
    const { steps, isChanged } = await disk.personalise('lab-7');
    const outcome = (name: string) => steps.find((step) => step.name === name);
    t.is(outcome('host-name')?.outcome, 'done');
    t.is(outcome('dhcp-leases')?.outcome, 'done');
    t.like(outcome('fstab'), {
      outcome: 'done',
      detail: `the swap on the logical volume /dev/mapper/debian--vg-swap_1 is UUID=${swapUuid} now`,
    });
    t.is(outcome('kernel-arguments')?.outcome, 'done');
    t.deepEqual(
      [1, 2].map((partition) => isChanged({ partition })),
      [false, true],
    );
    t.deepEqual(loopsOver(disk.path), []);
    await look(disk, root, (folder) =>
      t.is(readFileSync(path.join(folder, 'etc/hostname'), 'utf8'), 'lab-7\n'),
    );
    await look(disk, '/dev/debian-vg/var', (folder) =>
      t.throws(() => readFileSync(path.join(folder, 'lib/dhcp/dhclient.leases')), { code: 'ENOENT' }),
    );
  },
);

rootTest('looking at logical volumes changes nothing, and those in pieces are not lent', async (t) => {
  const disk = await onLvm(t, [
    { name: 'root', sizeMiB: 8, split: true },
    { name: 'between', sizeMiB: 8, format: ext4({ kept: 'kept' }) },
  ]);
  const before = sha256Hex(readFileSync(disk.file));
  const names = await withDiskVolumes(disk.path, disk, run, async (volumes) =>
    volumes.map(({ logicalNames, type }) => [logicalNames?.[1] ?? '', type]),
  );
  t.deepEqual(names, [
    ['', 'ext4'],
    ['', 'LVM2_member'],
    ['/dev/debian-vg/between', 'ext4'],
  ]);
  t.is(
    await look(disk, '/dev/debian-vg/between', (folder) => readFileSync(`${folder}/kept`, 'utf8')),
    'kept',
  );
  t.is(sha256Hex(readFileSync(disk.file)), before);
  t.deepEqual(loopsOver(disk.path), []);
});

rootTest('what cannot be opened is said: a group of volumes in pieces, a damaged one', async (t) => {
  const disk = await onLvm(t, [
    { name: 'root', sizeMiB: 8, split: true },
    { name: 'more', sizeMiB: 8, split: true },
  ]);
  const { steps } = await disk.personalise();
  t.regex(
    steps[0]?.detail ?? '',
    /partition 2 is an LVM physical volume without a plain volume in one piece/,
  );
  program('dd', ['if=/dev/zero', `of=${disk.path}p2`, 'bs=512', 'seek=8', 'count=2000', 'conv=notrunc']);
  t.regex((await disk.personalise()).steps[0]?.detail ?? '', /partition 2 is an LVM physical volume without/);
});
