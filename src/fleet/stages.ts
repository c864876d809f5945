import { isEnded, type Order, type OrderState, orderTransitions } from './order.ts';

/** `filed, claimed, … completed`: each state's first successor is the way when all goes well. */
const goodWay = (from: OrderState): OrderState[] => {
  const next: OrderState | undefined = orderTransitions[from][0];
  return next ? [next, ...goodWay(next)] : [];
};

/** The states to enter, one after the other, to come from `from` to `to`; empty when `to` is not ahead: no stage goes back. */
export const stepsTo = (from: OrderState, to: OrderState): OrderState[] => {
  const ahead = goodWay(from);
  return ahead.slice(0, ahead.indexOf(to) + 1);
};

/** `at stage writing, 43 %`: how far an order came, for reasons. */
export const whereabouts = ({ state, progress }: Pick<Order, 'state' | 'progress'>): string => {
  if (isEnded(state) || !progress || progress.totalBytes === 0) return `at stage ${state}`;
  return `at stage ${state}, ${Math.min(100, Math.floor((100 * progress.doneBytes) / progress.totalBytes))} %`;
};
