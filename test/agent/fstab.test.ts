import test from 'ava';
import { findDevice } from '../../src/agent/system/linux/device-names.ts';
import { checkFstab } from '../../src/agent/system/linux/fstab.ts';
import { argumentFault } from '../../src/agent/system/linux/kernel-arguments.ts';
import { planMounts } from '../../src/agent/system/linux/linux.ts';

const volume = (partition: number, type: string | undefined, uuid?: string, partitionType = 'L') => ({
  partition,
  device: `/dev/nvme0n1p${partition}`,
  partitionType,
  type,
  uuid,
  label: `label ${partition}`,
  partitionUuid: `0000000${partition}-02`,
});
const disk = [volume(1, 'vfat', '6E1F-0012'), volume(2, 'btrfs', 'aaaa'), volume(3, 'swap', 'cccc')];

test('a device is found by whatever name fstab and udev have for it', (t) => {
  for (const name of [
    'UUID=AAAA',
    'UUID="aaaa"',
    'LABEL=label\\0402',
    '/dev/disk/by-label/label\\x202',
    'PARTUUID=00000002-02',
    '/dev/disk/by-uuid/aaaa',
  ])
    t.like(findDevice(name, disk), { kind: 'here', volume: { partition: 2 } }, name);
  t.is(findDevice('UUID=bbbb', disk).kind, 'missing');
  t.like(findDevice('/dev/sda2', disk), { kind: 'by-number', disk: '/dev/sda', volume: { partition: 2 } });
  t.like(findDevice('/dev/disk/by-id/ata-OLD_1-part2', disk), {
    kind: 'by-number',
    volume: { partition: 2 },
  });
  for (const name of ['tmpfs', 'nas:/home', '//nas/home', '/dev/mapper/vg-root', '/dev/sr0', '/swapfile'])
    t.is(findDevice(name, disk).kind, 'other', name);
});

test('what is certain is mended, the rest is told, and the root is never hidden', (t) => {
  const check = checkFstab('/dev/sda2 / btrfs defaults 0 0\n/dev/sdb1 /data ext4 defaults 0 0\n', disk);
  t.is(
    check.text,
    '/dev/sda2 / btrfs defaults 0 0\n/dev/sdb1 /data ext4 defaults,nofail 0 0\n',
    'two old disks: nothing is certain',
  );
  t.is(check.warnings.length, 2);
  const one = checkFstab('/dev/sda2\t/ btrfs\tsubvol=@ 0 0\n/dev/sda1 /data ext4 ro\n', disk);
  t.is(
    one.text,
    'UUID=aaaa\t/ btrfs\tsubvol=@ 0 0\n/dev/sda1 /data ext4 ro,nofail\n',
    'another type at that number is not it',
  );
  t.is(checkFstab('UUID=bbbb / ext4\n', disk).text, 'UUID=bbbb / ext4\n');
  t.is(checkFstab('UUID=bbbb /srv ext4 noauto 0 0\n', disk).text, 'UUID=bbbb /srv ext4 noauto 0 0\n');
});

test('the only swap is named as fstab asks; an empty place for one as well; of two none', (t) => {
  const text = 'UUID=dddd none swap sw 0 0\n';
  t.deepEqual(checkFstab(text, disk).swapName, { device: '/dev/nvme0n1p3', name: 'UUID=dddd' });
  const empty = volume(3, undefined, undefined, '0657FD6D-A4AB-43C4-84E5-0933C84B4F4F');
  t.deepEqual(checkFstab(text, [empty]).swapName, { device: '/dev/nvme0n1p3', name: 'UUID=dddd' });
  t.is(checkFstab(text, [...disk, volume(4, 'swap', 'eeee')]).swapName, undefined);
  t.is(
    checkFstab(`${text}UUID=cccc none swap sw 0 0\n`, disk).swapName,
    undefined,
    'it is wanted under its own name',
  );
});

test('subvolumes and partitions that fstab puts below the root are mounted, and nothing that it smuggles in', (t) => {
  const fstab = [
    'UUID=aaaa / btrfs defaults 0 0',
    'UUID=aaaa /var btrfs subvol=@/var 0 0',
    'UUID=aaaa /boot btrfs subvol=@/boot 0 0',
    'UUID=aaaa /home btrfs subvol=@/home 0 0',
    'UUID=6E1F-0012 /var/lib vfat defaults 0 0',
  ].join('\n');
  t.deepEqual(
    planMounts(fstab, disk).map(({ at, subvolume, readOnly }) => [at, subvolume, readOnly]),
    [
      ['var', '@/var', false],
      ['boot', '@/boot', true],
    ],
  );
});

test('what kernel and initramfs will not find is said', (t) => {
  const about = (key: 'root' | 'resume', device: string) => argumentFault({ file: 'f', key, device }, disk);
  t.is(about('root', 'UUID=aaaa'), undefined);
  t.regex(about('root', 'UUID=bbbb') ?? '', /does not start/);
  t.regex(about('root', '/dev/sda2') ?? '', /the kernel gave/);
  t.regex(about('resume', 'UUID=bbbb') ?? '', /waits/);
});
