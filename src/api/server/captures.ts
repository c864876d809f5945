import { type Clock, isoTime } from '../../core/clock.ts';
import { GreifError } from '../../core/errors.ts';
import type { FleetDesk } from '../../fleet/desk.ts';
import type { CaptureOrder, DeployOrder, Order } from '../../fleet/order.ts';
import { isEnded } from '../../fleet/order-states.ts';
import type { Worker } from '../../fleet/work.ts';
import { type OpenCapture, openCapture } from '../../image/capture/open-capture.ts';
import { type Prover, startProver } from '../../image/capture/prover.ts';
import { minimumDiskBytes, planStretches } from '../../image/disk/stretches.ts';
import { describeIndex } from '../../image/format/describe-index.ts';
import { type PartitionTable, refOf, type Volume } from '../../image/format/manifest.ts';
import type { Hold, ImageStore } from '../../image/store/image-store.ts';
import type { CapturedImage, PublishedImage } from '../contract/agent.ts';

/** The captures that are under way. */
export interface Captures {
  /** What this session may bring for that order. Throws TOKEN_*, ORDER_NOT_FOUND, ORDER_CONFLICT. */
  targetOf(session: string, orderId: number): Promise<OpenCapture>;
  /** Makes the next version of the order's image, or finds the newest one to be the same. Throws as above, and INDEX_INVALID, CHUNK_MISSING, MANIFEST_INVALID. */
  publish(worker: Worker, orderId: number, captured: CapturedImage): Promise<PublishedImage>;
  /**
   * To be called before anything is served: nothing is collected until the captures have ended that were under way when an earlier process ended. Nobody else knows what
   * their PCs have brought.
   */
  resume(): Promise<void>;
  /** An order that has ended brings nothing any more. */
  onTransition(order: Order): void;
  close(): Promise<void>;
}

interface Held {
  capture: OpenCapture;
  hold: Hold;
}

export const createCaptures = (parts: {
  fleet: Pick<FleetDesk, 'checkIn' | 'work' | 'machines' | 'orders'>;
  images: Pick<ImageStore, 'chunks' | 'index' | 'addIndex' | 'publish' | 'holdChunks' | 'deferCollection'>;
  clock: Clock;
  prover?: Prover;
}): Captures => {
  const { fleet, images, clock, prover = startProver() } = parts;
  const underWay = new Map<number, Promise<Held>>();
  const earlier = new Map<number, Hold>();

  /** From its first call until the order ends no chunk is removed from the store. */
  const open = async (order: CaptureOrder): Promise<Held> => {
    const { disks } = (await fleet.machines.find(order.machineId)).inventory;
    const hold = await images.holdChunks();
    const mostBytes = Math.max(0, ...disks.map(({ sizeBytes }) => sizeBytes)) + 2 ** 20;
    return { capture: openCapture({ store: images, prover, mostBytes }), hold };
  };

  const captureOf = async (worker: Worker, orderId: number) => {
    const order = await fleet.work.held(worker, orderId, 'capture');
    const held = underWay.get(orderId) ?? open(order);
    underWay.set(orderId, held);
    held.catch(() => underWay.delete(orderId));
    return { order, capture: (await held).capture };
  };

  /** The deploy order by which the PC got what is on its disk, if it got it from here. */
  const lastGiven = async (machineId: string): Promise<DeployOrder | undefined> =>
    (await fleet.orders.list({ machineId, kinds: ['deploy'], states: ['completed'] })).find(
      (one) => one.kind === 'deploy',
    );

  /** What was held for that order, which is nobody's any more. */
  const take = async (orderId: number): Promise<Hold[]> => {
    const held = underWay.get(orderId);
    const deferred = earlier.get(orderId);
    underWay.delete(orderId);
    earlier.delete(orderId);
    return [(await held?.catch(() => undefined))?.hold, deferred].filter((one) => one !== undefined);
  };

  const end = async (orderId: number): Promise<void> => {
    for (const hold of await take(orderId)) await hold.release();
  };

  /** Its PC goes on after the next start. */
  const leave = async (orderId: number): Promise<void> => {
    for (const hold of await take(orderId)) await hold.leave();
  };

  return {
    async targetOf(session, orderId) {
      return (await captureOf(await fleet.checkIn.worker(session), orderId)).capture;
    },
    async publish(worker, orderId, { disk, os, table, volumes }) {
      const { order, capture } = await captureOf(worker, orderId);
      const machine = await fleet.machines.find(order.machineId);
      const given = await lastGiven(order.machineId);
      const proven: Volume[] = [];
      for (const volume of volumes) {
        const found = describeIndex(await capture.provenIndex(volume.index));
        if (found.sizeBytes !== volume.sizeBytes)
          throw invalid(`a volume has ${volume.sizeBytes} bytes and its index ${found.sizeBytes}`);
        proven.push({ ...volume, ...found });
      }
      assertComplete(table, proven, disk.sizeBytes);
      const { manifest, digest } = await images.publish({
        format: 'greif-image/1',
        name: order.image,
        createdAt: isoTime(clock()),
        source: {
          kind: 'machine',
          machine: { id: machine.id, name: machine.name },
          disk: {
            id: disk.id,
            ...(disk.model && { model: disk.model }),
            ...(disk.serial && { serial: disk.serial }),
          },
        },
        ...(given && { parent: { ref: given.image, digest: given.manifestDigest } }),
        ...(os && { os }),
        ...(order.options.role && { role: order.options.role }),
        diskSizeBytes: disk.sizeBytes,
        minimumDiskBytes: minimumDiskBytes(table),
        table,
        volumes: proven,
      });
      return { image: refOf(manifest), manifestDigest: digest };
    },
    async resume() {
      const orders = await fleet.orders.list({ kinds: ['capture'] });
      for (const { id, state } of orders)
        if (state !== 'filed' && !isEnded(state)) earlier.set(id, images.deferCollection());
    },
    onTransition({ id, state }) {
      if (isEnded(state)) end(id).catch(() => {});
    },
    async close() {
      await Promise.all([...underWay.keys(), ...earlier.keys()].map(leave));
      await prover.close();
    },
  };
};

const invalid = (problem: string): GreifError =>
  new GreifError('MANIFEST_INVALID', `the captured image cannot be: ${problem}`);

/** Every partition of the table, and what lies before the first, is there and where the table says; only gaps may be missing: they are zeros then. */
const assertComplete = (table: PartitionTable, volumes: readonly Volume[], diskBytes: number): void => {
  const stretches = planStretches(table);
  const isOf = (volume: Volume) => (stretch: (typeof stretches)[number]) =>
    stretch.kind === volume.kind &&
    stretch.partition === volume.partition &&
    stretch.firstByte === volume.firstByte &&
    stretch.sizeBytes === volume.sizeBytes;
  for (const volume of volumes)
    if (!stretches.some(isOf(volume))) throw invalid(`the table knows no volume at ${volume.firstByte}`);
  const required = stretches.filter(({ kind }) => kind !== 'gap');
  if (required.some((stretch) => volumes.filter((volume) => isOf(volume)(stretch)).length !== 1))
    throw invalid('a partition is missing');
  if (stretches.some(({ firstByte, sizeBytes }) => firstByte + sizeBytes > diskBytes))
    throw invalid('a partition ends beyond the end of the disk');
};
