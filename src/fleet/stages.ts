import { z } from 'zod';
import type { Order } from './order.ts';
import {
  activeStates,
  isEnded,
  type OrderKind,
  type OrderStage,
  type OrderState,
  successorsOf,
} from './order-states.ts';

/** `filed, claimed, … completed`: each state's first successor is the way when all goes well. */
const goodWay = (kind: OrderKind, from: OrderState): OrderState[] => {
  const [next] = successorsOf(kind, from);
  return next ? [next, ...goodWay(kind, next)] : [];
};

/** The states to enter, one after the other, to come from `from` to `to`; empty when `to` is not ahead: no stage goes back. */
export const stepsTo = (kind: OrderKind, from: OrderState, to: OrderState): OrderState[] => {
  const ahead = goodWay(kind, from);
  return ahead.slice(0, ahead.indexOf(to) + 1);
};

/** What an agent may report progress of; which of them a kind has is `orderTransitions`' to say. */
export const stageSchema = z.enum(
  activeStates.filter((state): state is OrderStage => state !== 'claimed') as [OrderStage, ...OrderStage[]],
);

const stagesOf = (kind: OrderKind): OrderStage[] =>
  goodWay(kind, 'claimed').filter((state): state is OrderStage => !isEnded(state));

export const hasStage = (kind: OrderKind, stage: OrderStage): boolean => stagesOf(kind).includes(stage);
export const firstStage = (kind: OrderKind): OrderStage => stagesOf(kind)[0] as OrderStage;

/** `at stage writing, 43 %`: how far an order came, for reasons. */
export const whereabouts = ({ state, progress }: Pick<Order, 'state' | 'progress'>): string => {
  if (isEnded(state) || !progress || progress.totalBytes === 0) return `at stage ${state}`;
  return `at stage ${state}, ${Math.min(100, Math.floor((100 * progress.doneBytes) / progress.totalBytes))} %`;
};
