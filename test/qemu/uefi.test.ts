import test from 'ava';
import { loginPrompt } from '../../src/lab/journey.ts';
import { standardPc } from '../../src/lab/standard-pc.ts';
import { stockImage } from '../../src/lab/stock.ts';
import { carelessDisk, hostKeyOn } from './careless-image.ts';
import {
  assertBootsFromDisk,
  assertEvidence,
  bootMs,
  completedAndOff,
  debianDisk,
  discover,
  patiently,
  whileWriting,
} from './steps.ts';
import { openVirtualRoom } from './virtual-room.ts';

test('UEFI: the appliance is killed while a PC is imaged and started again; the same PC completes and boots from its disk', async (t) => {
  const disk = await carelessDisk(await debianDisk(t));
  const room = await openVirtualRoom(t);
  const image = await stockImage(room.client, 'debian-careless', disk);
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
  const { steps } = await assertEvidence(t, { order, pc, sourceFile: disk }, room);
  for (const name of ['ssh-host-keys', 'fstab', 'initramfs', 'fallback-loader', 'boot-entry'])
    t.is(steps.find((step) => step.name === name)?.outcome, 'done', JSON.stringify(steps));
  const [golden, own] = [await hostKeyOn(disk), await hostKeyOn(pc.diskFile)];
  t.regex(own, /^ssh-ed25519 .* root@uefi-01$/);
  t.not(own.split(' ')[1], golden.split(' ')[1], 'the golden PC’s host key is not on this one');
  const events = await room.client.orderEvents({ params: { id: order.id } });
  t.deepEqual(
    events.flatMap(({ to }) => to ?? []),
    ['filed', 'claimed', 'writing', 'verifying', 'finishing', 'completed'],
  );
  await assertBootsFromDisk(t, { order, pc }, room);

  await pc.powerOff();
  pc.powerOn({ forgotten: true });
  await pc.serial.waitFor(loginPrompt('uefi-01'), bootMs);
  t.pass('firmware without entries starts the disk by its fallback loader');
});
