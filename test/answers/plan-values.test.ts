import test from 'ava';
import { deviceOf, planValues } from '../../src/answers/plan-values.ts';
import type { InstallPlan } from '../../src/fleet/install-plan.ts';
import type { Disk } from '../../src/fleet/inventory.ts';
import { profileFormSchema } from '../../src/fleet/profile.ts';
import { disk, inventory, mac, machine, profileForm } from '../fleet/samples.ts';

const planFor = (
  disks: Disk[],
  {
    diskId = disks[0]?.id,
    ...over
  }: Parameters<typeof profileForm>[0] & { diskId?: string | undefined } = {},
): InstallPlan => ({
  machine: machine({ room: 'R101', inventory: inventory([mac(1)], undefined, disks) }),
  profile: { ...profileFormSchema.parse(profileForm(over)), version: 1 },
  hostName: 'desk-7',
  diskId,
  variables: { seats: { value: 5, from: 'site' } },
});
const nameOf = (over: Partial<Disk>, others: Disk[] = []): string | undefined =>
  deviceOf(planFor([{ ...disk('S 1'), ...over }, ...others]));
const bare = { serial: undefined, id: 'path:x', address: 'path:x' };

test('the disk has the name that udev gives it by its number, model or place', (t) => {
  const model = 'Maker SSD  9 (x)';
  const cases: [Partial<Disk>, string | undefined][] = [
    [{ transport: 'virtio' }, 'by-id/virtio-S_1'],
    [{ transport: 'virtio', serial: 'abcdefghijklmnopqrstuvwxyz' }, 'by-id/virtio-abcdefghijklmnopqrst'],
    [{ transport: 'sata', model }, 'by-id/ata-Maker_SSD_9__x__S_1'],
    [{ transport: 'sata', wwn: 'naa.5002538d00000001', model }, 'by-id/wwn-0x5002538d00000001'],
    [{ transport: 'nvme', wwn: 'eui.0025385b71b00001', model }, 'by-id/nvme-eui.0025385b71b00001'],
    [{ transport: 'nvme', model: 'M', serial: 'S' }, 'by-id/nvme-M_S'],
    [{ transport: 'mmc', model: 'BJTD4R', serial: '0x1a2b' }, 'by-id/mmc-BJTD4R_0x1a2b'],
    [{ ...bare, transport: 'virtio', address: 'path:0000:00:04.0' }, 'by-path/pci-0000:00:04.0'],
    [
      { ...bare, transport: 'scsi', address: 'path:0000:00:05.0/0:1:0' },
      'by-path/pci-0000:00:05.0-scsi-0:0:1:0',
    ],
    [{ ...bare, transport: 'other' }, undefined],
  ];
  for (const [over, name] of cases) t.is(nameOf(over), name && `/dev/disk/${name}`, JSON.stringify(over));
});

test('a disk without a lasting name must be the only one, and so must the disk of an installer that is no Linux', (t) => {
  const stick = { ...disk('U'), transport: 'usb', removable: true };
  t.is(nameOf({ ...bare, transport: 'other' }, [stick]), undefined, 'a stick is no fixed disk');
  t.throws(() => nameOf({ ...bare, transport: 'other' }, [disk('B')]), { code: 'DISK_AMBIGUOUS' });
  const windows = { system: 'windows', disk: { fileSystem: 'ntfs' } } as const;
  t.is(deviceOf(planFor([disk('A')], windows)), undefined);
  t.throws(() => deviceOf(planFor([disk('A'), disk('B')], windows)), {
    code: 'DISK_AMBIGUOUS',
    message: /installer of windows/,
  });
});

test('a plan becomes the values of an answer', (t) => {
  const urls = { answer: 'a', progress: 'p', finished: 'f', script: 's' };
  const plan = planFor([disk('A')], { domain: 'cs.example.edu', mirrorUrl: 'http://mirror/debian' });
  t.like(planValues(plan, { orderId: 7, sourceUrl: 'http://x/sources/debian-12/', urls }), {
    hostName: 'desk-7',
    domain: 'cs.example.edu',
    order: { id: 7 },
    machine: { name: 'pc-1', room: 'R101', serial: 'S1', manufacturer: '' },
    firmware: 'uefi',
    source: { url: 'http://x/sources/debian-12/', mirrorUrl: 'http://mirror/debian' },
    disk: { fileSystem: 'ext4', device: '/dev/disk/by-id/virtio-A' },
    variables: { seats: 5 },
    urls,
  });
});
