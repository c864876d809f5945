import { type Clock, isoTime } from '../core/clock.ts';
import { GreifError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { Order } from './order.ts';
import { activeStates } from './order-states.ts';
import type { OrderStore } from './ports.ts';
import { whereabouts } from './stages.ts';

export interface OrderWatchOptions {
  orders: OrderStore;
  clock: Clock;
  lostAfterSeconds: number;
  /** What the installer of an order logged last. */
  lastLines?: (order: Order) => Promise<readonly string[]>;
  log: Log;
}

/** Whether an order's agent was silent too long. The appliance was deaf before `listeningSince`, so that does not count. Milliseconds. */
export const isLost = (order: Order, now: number, listeningSince: number, lostAfterMs: number): boolean =>
  now - Math.max(Date.parse(order.lastHeardAt ?? order.filedAt), listeningSince) > lostAfterMs;

/** When an install fails, whatever the installer does: it has no heartbeat. Milliseconds; `undefined` for other kinds and before the claim. */
const deadlineOf = (order: Order): number | undefined =>
  order.kind === 'install' && order.claimedAt !== undefined
    ? Date.parse(order.claimedAt) + order.options.deadlineMinutes * 60_000
    : undefined;

/** Why an order that is under way must fail now, if it must. Pure. */
export const overdue = (
  order: Order,
  now: number,
  listeningSince: number,
  lostAfterSeconds: number,
): Order['reason'] => {
  if (order.kind === 'install') {
    // What reported while the appliance was off tries again.
    const earliest = listeningSince + lostAfterSeconds * 1000;
    if (now <= Math.max(deadlineOf(order) ?? Number.POSITIVE_INFINITY, earliest)) return undefined;
    const message = `the installed system did not report within ${order.options.deadlineMinutes} minutes, the order was ${whereabouts(order)}: look at the PC, then file a new order`;
    return { code: 'DEADLINE_PASSED', message };
  }
  if (!isLost(order, now, listeningSince, lostAfterSeconds * 1000)) return undefined;
  const message = `nothing heard from the PC for ${lostAfterSeconds} s ${whereabouts(order)}: look at the PC, then file a new order`;
  return { code: 'AGENT_LOST', message };
};

/** Fails the orders whose agents fell silent, and installs that take too long; looks several times in each period. `stop` waits for a look that is under way. */
export const startOrderWatch = ({
  orders,
  clock,
  lostAfterSeconds,
  lastLines = async () => [],
  log,
}: OrderWatchOptions) => {
  const listeningSince = clock();

  const fail = async (order: Order, reason: NonNullable<Order['reason']>): Promise<void> => {
    const at = isoTime(clock());
    const { id, bootId } = order;
    const event = { at, actor: 'appliance', ...(bootId && { bootId }) };
    await orders.transition(id, 'failed', { ...event, cause: reason.message }, { endedAt: at, reason });
    const log = await lastLines(order);
    if (log.length > 0)
      await orders.note(id, { ...event, cause: `the installer's last lines:\n${log.join('\n')}` });
  };

  const look = async (): Promise<void> => {
    const held = await orders.list({ states: activeStates });
    for (const order of held) {
      const reason = overdue(order, clock(), listeningSince, lostAfterSeconds);
      if (reason)
        await fail(order, reason).catch((error: unknown) => {
          if (!(error instanceof GreifError && error.code === 'ORDER_TRANSITION')) throw error;
        });
    }
  };

  let running = Promise.resolve();
  const timer = setInterval(
    () => {
      running = running
        .then(look)
        .catch((error: Error) => log.error('the watch over orders failed', { reason: error.message }));
    },
    Math.min(15, lostAfterSeconds / 4) * 1000,
  );
  timer.unref();
  return {
    look,
    async stop(): Promise<void> {
      clearInterval(timer);
      await running;
    },
  };
};
