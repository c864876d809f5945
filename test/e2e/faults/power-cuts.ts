import assert from 'node:assert/strict';
import type { Order } from '../../../src/fleet/order.ts';
import { whereabouts } from '../../../src/fleet/stages.ts';
import { orderUntil } from '../../../src/lab/following.ts';
import { hashFile } from '../../qemu/disk-proof.ts';
import { makeSmallImage } from '../../qemu/small-image.ts';
import { completedAndOff, imagingMs } from '../../qemu/steps.ts';
import type { Random } from '../fuzz/random.ts';
import { assertImageIsDisk } from './extract-image.ts';
import { type FaultRoom, layDisk, noiseOf, startAgent } from './fault-room.ts';
import { drawMoment, type Moment, reach, type Standing } from './moments.ts';
import { assertSameDisk } from './same-disk.ts';
import { assertStoreWhole } from './store-whole.ts';

/** Whose power goes. */
export const victims = ['PC', 'appliance', 'PC and appliance'] as const;
export type Victim = (typeof victims)[number];

/** Power cuts one after the other, before an order may go through. */
export interface Series {
  victims: readonly Victim[];
  /** The way of such an order that nobody disturbs. */
  standings: readonly Standing[];
  random: Random;
  /** Of the series: gives its content. */
  number: number;
  tell(cut: string): void;
}

/** Kills at a random moment, and starts the appliance again; a PC stays off. The order as it is then. */
const strike = async (
  { pc, client, killAndRestart }: FaultRoom,
  id: number,
  victim: Victim,
  moment: Moment,
): Promise<Order> => {
  await reach(client, id, moment);
  const ends = [];
  if (victim !== 'appliance') ends.push(pc.powerOff());
  if (victim !== 'PC') ends.push(killAndRestart());
  await Promise.all(ends);
  return client.getOrder({ params: { id } });
};

/** What differs between the kinds of orders. */
interface Course {
  /** Files an order for a PC that is off. */
  file(): Promise<Order>;
  /** After each cut, the PC off or not: what must hold. */
  check(): Promise<void>;
  /** The PC, whose power was cut, has checked in again: the order that it works on now. */
  resume(order: Order): Promise<Order>;
  /** The order is completed and the PC off: its content is proven. */
  prove(): Promise<void>;
}

const runSeries = async (room: FaultRoom, series: Series, course: Course): Promise<void> => {
  const { pc } = room;
  const { standings, random, tell } = series;
  const begin = async (): Promise<Order> => {
    const filed = await course.file();
    await startAgent(room, pc);
    return filed;
  };
  let order = await begin();
  let earlier: Moment | undefined;
  for (const victim of series.victims) {
    const moment: Moment = drawMoment(standings, random, earlier);
    order = await strike(room, order.id, victim, moment);
    tell(`${victim} off ${whereabouts(order)}`);
    await course.check();
    earlier = victim === 'appliance' ? moment : undefined;
    if (order.state === 'completed') {
      await pc.off();
      await course.prove();
      order = await begin();
      earlier = undefined;
    } else if (victim !== 'appliance') {
      await startAgent(room, pc);
      order = await course.resume(order);
    }
  }
  await completedAndOff(order.id, pc, room);
  await course.check();
  await course.prove();
};

/** A deploy whose power is cut fails by name, each order after the other, until one goes through: then the disk is the image, byte by byte. */
export const cutDeploys = async (room: FaultRoom, series: Series): Promise<void> => {
  const { client, pc, machine, image, sourceFile, olderFile } = room;
  const { random } = series;
  const order = () =>
    client.fileOrder({ body: { machine: machine.id, image, options: { full: random.below(4) === 0 } } });
  await runSeries(room, series, {
    async file() {
      await layDisk(pc, random.pick([undefined, olderFile]));
      return order();
    },
    check: () => assertStoreWhole(client),
    async resume({ id }) {
      const failed = await orderUntil(client, id, ({ state }) => state === 'failed', imagingMs);
      assert.equal(failed.reason?.code, 'PC_RESTARTED');
      assert.equal(failed.evidence, undefined);
      return order();
    },
    async prove() {
      await assertSameDisk(pc.diskFile, sourceFile);
    },
  });
};

/** A capture whose power is cut begins anew until it goes through: then one version is the disk, byte by byte, and the disk is what it was. */
export const cutCaptures = async (room: FaultRoom, series: Series): Promise<void> => {
  const { client, pc, machine, folder } = room;
  const name = `taken-${series.number}`;
  await layDisk(pc, await makeSmallImage(folder, { name, noise: noiseOf(series.number) }));
  const original = await hashFile(pc.diskFile);
  const versions = async () =>
    (await client.listImages()).map(({ ref }) => ref).filter((ref) => ref.startsWith(`${name}@`));
  await runSeries(room, series, {
    file: () => client.fileOrder({ body: { kind: 'capture', machine: machine.id, image: name } }),
    async check() {
      assert.equal(await hashFile(pc.diskFile), original, 'the disk was changed');
      await assertStoreWhole(client);
      // What is published before the order could be completed is whole already.
      for (const image of await versions()) await assertImageIsDisk(room, image, pc.diskFile);
    },
    resume: ({ id, bootId }) => orderUntil(client, id, (order) => order.bootId !== bootId, imagingMs),
    async prove() {
      const [image = '', ...others] = await versions();
      assert.deepEqual(others, [], 'one disk became several versions');
      await assertImageIsDisk(room, image, pc.diskFile);
    },
  });
  await client.removeImage({ params: { image: name } });
};
