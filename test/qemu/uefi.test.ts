import test from 'ava';
import { standardPc } from '../../src/lab/standard-pc.ts';
import {
  assertBootsFromDisk,
  assertEvidence,
  completedAndOff,
  debianDisk,
  discover,
  patiently,
  stockDebian,
  whileWriting,
} from './steps.ts';
import { openVirtualRoom } from './virtual-room.ts';

test('UEFI: the appliance is killed while a PC is imaged and started again; the same PC completes and boots from its disk', async (t) => {
  const disk = await debianDisk(t);
  const room = await openVirtualRoom(t);
  const image = await stockDebian(disk, room);
  const standard = standardPc(1, 'uefi');
  const pc = await room.addPc({ ...standard, disk: { ...standard.disk, bus: 'nvme' } });
  const machine = await discover(pc, room);
  t.is(machine.inventory.firmware, 'uefi');
  t.is(machine.inventory.secureBoot, false);
  t.is(machine.inventory.disks[0]?.transport, 'nvme');

  const filed = await room.client.fileOrder({ body: { machine: machine.id, image, hostName: 'uefi-01' } });
  await whileWriting(filed.id, room);
  await room.killAndRestart();
  const order = await patiently(() => completedAndOff(filed.id, pc, room));
  await assertEvidence(t, { order, pc, sourceFile: disk }, room);
  const events = await room.client.orderEvents({ params: { id: order.id } });
  t.deepEqual(
    events.flatMap(({ to }) => to ?? []),
    ['filed', 'claimed', 'writing', 'verifying', 'finishing', 'completed'],
  );
  await assertBootsFromDisk(t, { order, pc }, room);
});
