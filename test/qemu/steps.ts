import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { GreifError } from '../../src/core/errors.ts';
import type { Machine } from '../../src/fleet/machine.ts';
import type { DeployOrder, Order } from '../../src/fleet/order.ts';
import type { DeployEvidence, VolumeProof } from '../../src/fleet/order-evidence.ts';
import { debianImage } from '../../src/lab/debian/image.ts';
import { discovered, orderUntil } from '../../src/lab/following.ts';
import { loginPrompt } from '../../src/lab/journey.ts';
import type { Pc } from '../../src/lab/pc.ts';
import { stockImage } from '../../src/lab/stock.ts';
import { hashVolume } from './disk-proof.ts';
import { cacheFolder, type VirtualRoom } from './virtual-room.ts';

const minuteMs = 60_000;
/** Far above what an idle machine needs: two slow cores may be shared. */
export const discoveryMs = 6 * minuteMs;
export const imagingMs = 20 * minuteMs;
export const bootMs = 8 * minuteMs;

/** The lab's Debian as a disk file. Before the room is entered: inside there is no way to Debian's mirror. */
export const debianDisk = (t: ExecutionContext): Promise<string> =>
  debianImage(cacheFolder, (step) => t.log(step));

/** Puts it into the store, unless it is there; answers `name@version`. */
export const stockDebian = (disk: string, { client }: VirtualRoom): Promise<string> =>
  stockImage(client, 'debian-12', disk);

/** Switches the PC on for the first time; it stays off at the end of its order. */
export const discover = (pc: Pc, { client }: VirtualRoom): Promise<Machine> => {
  pc.powerOn({ noReboot: true });
  return discovered(client, pc.parts.mac, discoveryMs);
};

/** Resolves when the PC has written something, and is not done with it. */
export const whileWriting = (id: number, { client }: VirtualRoom): Promise<Order> =>
  orderUntil(
    client,
    id,
    ({ state, progress }) => state === 'writing' && (progress?.doneBytes ?? 0) > 0,
    imagingMs,
  );

/** Resolves with the completed order once the PC is off. */
export const completedAndOff = async (id: number, pc: Pc, { client }: VirtualRoom): Promise<Order> => {
  const order = await orderUntil(client, id, ({ state }) => state === 'completed', imagingMs);
  await pc.off();
  return order;
};

export const deployed = (order: Order): DeployOrder => {
  if (order.kind === 'deploy') return order;
  throw new Error(`order ${order.id} is there for a ${order.kind}`);
};

/** Holds the evidence against what this test computes from the image's file and from the PC's disk file. */
export const assertEvidence = async (
  t: ExecutionContext,
  { order, pc, sourceFile }: { order: Order; pc: Pc; sourceFile: string },
  { client, imagesFolder }: VirtualRoom,
): Promise<DeployEvidence> => {
  const { image, evidence } = deployed(order);
  if (!evidence) throw new Error('the completed order has no evidence');
  const { manifest, digest } = await client.getImage({ params: { image } });
  t.is(evidence.manifestDigest, digest);
  t.is(evidence.disk.serial, pc.parts.disk.serial);
  t.is(evidence.disk.sizeBytes, pc.parts.disk.sizeBytes);
  t.is(evidence.volumes.length, manifest.volumes.length);
  for (const [number, volume] of manifest.volumes.entries()) {
    const proof: VolumeProof | undefined = evidence.volumes[number];
    t.is(proof?.firstByte, volume.firstByte);
    t.is(proof?.readBack, await hashVolume(sourceFile, volume, imagesFolder), `volume ${number}: the image`);
    t.is(proof?.handover, await hashVolume(pc.diskFile, volume, imagesFolder), `volume ${number}: the disk`);
  }
  return evidence;
};

/** The journal of the PC's newest boot: what it did, in this order, with whatever it repeated in between; and that all is well. */
export const assertTrace = async (
  t: ExecutionContext,
  pc: Pc,
  { client }: VirtualRoom,
  expected: readonly string[],
): Promise<void> => {
  const { boot, diagnosis } = await client.traceBoot({
    params: { pc: pc.parts.mac, boot: 'latest' },
    query: {},
  });
  const seen = (boot?.steps ?? []).map(({ kind, stage = '', file = '', order = '', plan = '' }) =>
    [kind, stage, file.replace(/^http:\/\/[^/]+|\?.*/g, ''), order, plan].filter(Boolean).join(' '),
  );
  let at = -1;
  for (const step of expected) {
    at = seen.indexOf(step, at + 1);
    t.true(at >= 0, `${step} is missing, or not in its place:\n${seen.join('\n')}`);
    if (at < 0) return;
  }
  t.is(diagnosis.code, 'fine', diagnosis.seen);
};

/** The second power-on: the network sends the PC to its disk, and the imaged system comes up under its new name. */
export const assertBootsFromDisk = async (
  t: ExecutionContext,
  { order, pc }: { order: Order; pc: Pc },
  { client }: VirtualRoom,
): Promise<void> => {
  pc.powerOn();
  await pc.serial.waitFor(loginPrompt(deployed(order).hostName), bootMs);
  const ended = await client.getOrder({ params: { id: order.id } });
  t.is(ended.state, 'completed');
  t.truthy(ended.bootedFromDiskAt, 'the network was asked first, and answered: local disk');
  t.false(pc.serial.text.includes('greif: agent'), 'no agent at the second power-on');
};

/** Calls until the appliance is there again. */
export const patiently = async <Result>(call: () => Promise<Result>): Promise<Result> => {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof GreifError) || error.code !== 'UNREACHABLE') throw error;
      await sleep(200);
    }
  }
};
