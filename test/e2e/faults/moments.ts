import { setTimeout as sleep } from 'node:timers/promises';
import type { AdminClient } from '../../../src/api/client.ts';
import type { Order } from '../../../src/fleet/order.ts';
import { isEnded, type OrderState } from '../../../src/fleet/order-states.ts';
import { stepsTo } from '../../../src/fleet/stages.ts';
import { orderUntil } from '../../../src/lab/following.ts';
import { imagingMs } from '../../qemu/steps.ts';
import type { Random } from '../fuzz/random.ts';

/** How far an order was, and when. */
export interface Standing {
  atMs: number;
  state: OrderState;
  doneBytes: number;
}

/** A moment in the life of an order: so long after it came so far. */
export interface Moment extends Standing {
  delayMs: number;
}

/** Follows an order that nobody disturbs, from its claim to its end. */
export const recordStandings = async (client: AdminClient, id: number): Promise<Standing[]> => {
  const standings: Standing[] = [];
  await orderUntil(
    client,
    id,
    ({ state }) => state === 'completed',
    imagingMs,
    ({ state, progress }) => {
      if (state !== 'filed')
        standings.push({ atMs: performance.now(), state, doneBytes: progress?.doneBytes ?? 0 });
    },
  );
  return standings;
};

/** Every moment from claim (or from `after`) to completion is as likely as every other. */
export const drawMoment = (standings: readonly Standing[], random: Random, after?: Moment): Moment => {
  const [first, last] = [after?.atMs ?? standings[0]?.atMs ?? 0, standings.at(-1)?.atMs ?? 0];
  const atMs = first + ((last - first) * random.below(1_000_000)) / 1_000_000;
  const standing = standings.findLast((one) => one.atMs <= atMs);
  if (!standing) throw new Error('the undisturbed order told nothing of its way');
  return { ...standing, atMs, delayMs: atMs - standing.atMs };
};

const hasCome = ({ kind, state, progress }: Order, moment: Moment): boolean =>
  isEnded(state) ||
  stepsTo(kind, moment.state, state).length > 0 ||
  (state === moment.state && (progress?.doneBytes ?? 0) >= moment.doneBytes);

/** Resolves at that moment of the order, or when it has ended. */
export const reach = async (client: AdminClient, id: number, moment: Moment): Promise<void> => {
  await orderUntil(client, id, (order) => hasCome(order, moment), imagingMs);
  await sleep(moment.delayMs);
};
