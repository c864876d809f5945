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
  log: Log;
}

/** Whether an order's agent was silent too long. The appliance was deaf before `listeningSince`, so that does not count. Milliseconds. */
export const isLost = (order: Order, now: number, listeningSince: number, lostAfterMs: number): boolean =>
  now - Math.max(Date.parse(order.lastHeardAt ?? order.filedAt), listeningSince) > lostAfterMs;

/** Fails the orders whose agents fell silent; looks several times in each period. `stop` waits for a look that is under way. */
export const startOrderWatch = ({ orders, clock, lostAfterSeconds, log }: OrderWatchOptions) => {
  const listeningSince = clock();

  const failLost = async (order: Order): Promise<void> => {
    const at = isoTime(clock());
    const message = `nothing heard from the PC for ${lostAfterSeconds} s ${whereabouts(order)}: look at the PC, then file a new order`;
    const reason = { code: 'AGENT_LOST', message };
    const event = { at, actor: 'appliance', cause: message, ...(order.bootId && { bootId: order.bootId }) };
    await orders.transition(order.id, 'failed', event, { endedAt: at, reason });
  };

  const look = async (): Promise<void> => {
    const held = await orders.list({ states: activeStates });
    for (const order of held)
      if (isLost(order, clock(), listeningSince, lostAfterSeconds * 1000))
        await failLost(order).catch((error: unknown) => {
          if (!(error instanceof GreifError && error.code === 'ORDER_TRANSITION')) throw error;
        });
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
