import type { Order } from '../../fleet/order.ts';
import type { StepSink } from './ports.ts';

/** An order that no agent has claimed yet belongs to no boot. */
export const noteOrder = (journal: StepSink, { id, state, bootId, reason }: Order): void => {
  if (bootId !== undefined)
    journal.note({
      kind: 'order',
      stage: 'agent',
      bootId,
      orderId: id,
      order: state,
      reason: reason?.message,
    });
};
