import assert from 'node:assert/strict';
import { isEnded } from '../../../src/fleet/order-states.ts';
import { whereabouts } from '../../../src/fleet/stages.ts';
import { run } from '../../../src/lab/program.ts';
import { completedAndOff, discoveryMs, whileWriting } from '../../qemu/steps.ts';
import { type FaultRoom, layDisk, startAgent } from './fault-room.ts';
import { assertSameDisk } from './same-disk.ts';

/** The PC's cable is pulled, or the appliance's interface goes, until the agent has noticed; then the same order goes on to its end. */
export const goThroughOutage = async (room: FaultRoom, whose: 'PC' | 'appliance'): Promise<string> => {
  const { client, pc, machine, image, sourceFile } = room;
  await layDisk(pc);
  const { id } = await client.fileOrder({ body: { machine: machine.id, image } });
  await startAgent(room, pc);
  await whileWriting(id, room);
  const device = whose === 'PC' ? pc.tap : room.room.bridge;
  await run('ip', ['link', 'set', device, 'down']);
  await pc.serial.waitFor(/interrupted, going on|cannot be reached/, discoveryMs);
  const order = await client.getOrder({ params: { id } });
  await run('ip', ['link', 'set', device, 'up']);
  assert.ok(!isEnded(order.state), `the order is ${order.state} without the appliance`);
  await completedAndOff(id, pc, room);
  await assertSameDisk(pc.diskFile, sourceFile);
  return whereabouts(order);
};
