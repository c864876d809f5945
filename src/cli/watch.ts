import type { Order, OrderEvent } from '../fleet/order.ts';
import { isEnded } from '../fleet/order-states.ts';
import { formatTime, plain } from './format.ts';
import { createProgress } from './progress.ts';
import { interruptedStatus, type Session } from './session.ts';

/** A change of state is told at once; the progress within one as often as this. */
const waitSeconds = 1;

const eventLine = ({ at, to, cause }: OrderEvent): string =>
  `${formatTime(at)}  ${(to ?? 'note').padEnd(9)}  ${plain(cause)}`;

/** Follows an order until it ends. The exit status: 0 when it was completed, 1 when not, 130 after Ctrl-C (the order goes on). */
export const watchOrder = async (session: Session, id: number): Promise<number> => {
  const { client, json, show, say } = session;
  const interrupted = session.onInterrupt();
  const progress = createProgress(json);
  let after = 0;
  try {
    for (;;) {
      const query = { after, waitSeconds };
      const { order, events } = await client.watchOrder({ params: { id }, query }, { signal: interrupted });
      if (events.length > 0) progress.clear();
      for (const event of events) say(eventLine(event));
      after = events.at(-1)?.id ?? after;
      if (isEnded(order.state)) {
        if (json) show(order, () => '');
        return order.state === 'completed' ? 0 : 1;
      }
      if (order.progress)
        progress.update(`order ${id} ${order.state}`, order.progress.doneBytes, order.progress.totalBytes);
    }
  } catch (error) {
    if (!interrupted.aborted) throw error;
    say(`the order goes on: greif order watch ${id} follows it again`);
    return interruptedStatus;
  } finally {
    progress.clear();
  }
};

/** Tells of an order that was just filed, and follows it if that is wanted. */
export const tellFiled = async (
  session: Session,
  filed: Order,
  text: string,
  watch: boolean | undefined,
): Promise<number> => {
  session.say(`order ${filed.id}: ${text}`);
  if (watch) return watchOrder(session, filed.id);
  if (session.json) session.show(filed, () => '');
  return 0;
};
