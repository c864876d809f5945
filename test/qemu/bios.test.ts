import test from 'ava';
import { standardPc } from '../../src/lab/standard-pc.ts';
import {
  assertBootsFromDisk,
  assertEvidence,
  assertTrace,
  completedAndOff,
  debianDisk,
  discover,
  stockDebian,
} from './steps.ts';
import { openVirtualRoom } from './virtual-room.ts';

test('BIOS: an unknown PC is discovered, imaged by an order, and boots from its disk at the next power-on', async (t) => {
  const disk = await debianDisk(t);
  const room = await openVirtualRoom(t);
  const image = await stockDebian(disk, room);
  const parts = { ...standardPc(1, 'bios'), nic: 'e1000' as const };
  const pc = await room.addPc(parts);

  const machine = await discover(pc, room);
  const { inventory } = machine;
  t.is(inventory.firmware, 'bios');
  t.is(inventory.secureBoot, null);
  t.is(inventory.cpu.threads, parts.cpus);
  t.true(Math.abs(inventory.memoryBytes / 2 ** 20 - parts.memoryMiB) < parts.memoryMiB * 0.1);
  t.is(inventory.smbios.uuid, parts.uuid);
  t.is(inventory.smbios.serial, parts.name);
  t.deepEqual(
    inventory.disks.map(({ serial, sizeBytes, transport }) => ({ serial, sizeBytes, transport })),
    [{ serial: parts.disk.serial, sizeBytes: parts.disk.sizeBytes, transport: 'virtio' }],
  );
  t.deepEqual(
    inventory.nics.map(({ mac, driver, linkUp }) => ({ mac, driver, linkUp })),
    [{ mac: parts.mac, driver: 'e1000', linkUp: true }],
  );

  const text =
    '#!/bin/sh\necho "$GREIF_HOST_NAME has $(ls /dev | wc -l) devices"; uname -n; ls /dev/vda /dev/sda 2>&1\ntrue\n';
  await room.client.addScript({ body: { name: 'look-around', text } });
  const body = { machine: machine.id, image, hostName: 'bios-01', scripts: ['look-around'] };
  const filed = await room.client.fileOrder({ body });
  const order = await completedAndOff(filed.id, pc, room);
  const leased = (stage: string, file = '') => [
    `discover ${stage}`,
    `offer ${stage}${file}`,
    `request ${stage}`,
    `ack ${stage}${file}`,
  ];
  const untilScript = [...leased('ipxe', ' /boot/ipxe'), 'script ipxe /boot/ipxe'];
  await assertTrace(t, pc, room, [
    ...untilScript,
    'plan discover',
    'http-sent agent/vmlinuz',
    'http-sent agent/initrd.img',
    ...leased('agent'),
    'http-sent agent/root.squashfs',
    'check-in agent',
    'order agent claimed',
    'order agent completed',
  ]);
  const { scripts } = await assertEvidence(t, { order, pc, sourceFile: disk }, room);
  t.like(scripts?.[0], { name: 'look-around', outcome: 'done', exitStatus: 0 });
  t.regex(scripts?.[0]?.output ?? '', /^bios-01 has \d+ devices\nbios-01\n.*cannot access '\/dev\/vda'/);
  await assertBootsFromDisk(t, { order, pc }, room);
  await assertTrace(t, pc, room, [...untilScript, 'plan local-disk']);
});
