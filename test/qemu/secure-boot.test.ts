import test from 'ava';
import { standardPc } from '../../src/lab/standard-pc.ts';
import {
  assertBootsFromDisk,
  assertEvidence,
  completedAndOff,
  debianDisk,
  discover,
  stockDebian,
} from './steps.ts';
import { openVirtualRoom } from './virtual-room.ts';

test('Secure Boot stays on: shim, GRUB and Debian’s signed kernel image the PC, which boots from its disk', async (t) => {
  const disk = await debianDisk(t);
  const room = await openVirtualRoom(t);
  const image = await stockDebian(disk, room);
  const standard = standardPc(1, 'secureboot');
  const pc = await room.addPc({ ...standard, disk: { ...standard.disk, bus: 'sata' } });
  const machine = await discover(pc, room);
  t.is(machine.inventory.firmware, 'uefi');
  t.is(machine.inventory.secureBoot, true);
  t.is(machine.inventory.disks[0]?.transport, 'sata');
  t.is(machine.inventory.disks[0]?.serial, pc.parts.disk.serial);

  const filed = await room.client.fileOrder({ body: { machine: machine.id, image, hostName: 'secure-01' } });
  const order = await completedAndOff(filed.id, pc, room);
  await assertEvidence(t, { order, pc, sourceFile: disk }, room);
  await assertBootsFromDisk(t, { order, pc }, room);
});
