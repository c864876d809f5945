import type { Order, OrderEvent } from './order.ts';
import type { OrderStore } from './ports.ts';
import { machineKey, orderKey, type Signal } from './signal.ts';

/** What is told of a transition to those who count them. */
export type OnTransition = (order: Order, to: NonNullable<OrderEvent['to']>) => void;

/** An order store that wakes whoever waits for the order or its machine after each change that is safely stored. */
export const announcing = (
  orders: OrderStore,
  signal: Signal,
  onTransition: OnTransition = () => {},
): OrderStore => {
  const changed = (order: Order): Order => {
    signal.notify(orderKey(order.id));
    signal.notify(machineKey(order.machineId));
    return order;
  };
  const entered = (order: Order): Order => {
    onTransition(order, order.state);
    return changed(order);
  };
  return {
    ...orders,
    file: async (...args) => entered(await orders.file(...args)),
    transition: async (...args) => entered(await orders.transition(...args)),
    async note(id, ...args) {
      await orders.note(id, ...args);
      signal.notify(orderKey(id));
    },
  };
};
