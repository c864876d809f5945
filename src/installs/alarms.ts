import { type Clock, isoTime } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { OrderStore } from '../fleet/ports.ts';
import type { RefusalReason } from './install.ts';
import type { Purpose } from './tokens.ts';

/** Somebody asked for what is not (any more) for him. */
export interface Alarm {
  reason: RefusalReason;
  address: string;
  /** What the token is for; `undefined` for one that was never issued, as is the order. */
  purpose?: Purpose | undefined;
  orderId?: number | undefined;
}

export interface Alarms {
  raise(alarm: Alarm): Promise<void>;
}

/** Who hammers fills neither the log nor the history: the same again within a minute is only counted. */
const quietMs = 60_000;
const mostKinds = 1000;

const sentences: Record<RefusalReason, string> = {
  guess: 'a path that was never issued',
  stranger: 'it is not from the machine that the order names',
  replay: 'it is used up',
  late: 'its time is over',
  ended: 'the order is not at that point',
};

/** Tells log and order of refusals; `onAlarm` hears of each one. No token is in what they tell. */
export const createAlarms = (parts: {
  orders: Pick<OrderStore, 'note'>;
  clock: Clock;
  log: Log;
  onAlarm?: ((reason: RefusalReason) => void) | undefined;
}): Alarms => {
  const { orders, clock, log, onAlarm } = parts;
  const told = new Map<string, { at: number; since: number }>();

  /** How often the same came since it was told last; `undefined` while it is to be kept quiet. */
  const dueCount = (key: string): number | undefined => {
    const last = told.get(key);
    if (last && clock() - last.at < quietMs) {
      last.since += 1;
      return undefined;
    }
    if (told.size >= mostKinds) told.clear();
    told.set(key, { at: clock(), since: 0 });
    return (last?.since ?? 0) + 1;
  };

  return {
    async raise({ reason, address, purpose, orderId }) {
      onAlarm?.(reason);
      const count = dueCount(`${reason} ${orderId ?? address}`);
      if (count === undefined) return;
      const times = count > 1 ? `, ${count} times` : '';
      const message = `ANSWER_REFUSED: a request for ${purpose ?? 'an answer'} from ${address} was refused${times}: ${sentences[reason]}`;
      log.warn(message, { orderId, reason, address });
      if (orderId !== undefined)
        await orders.note(orderId, { at: isoTime(clock()), actor: 'appliance', cause: message });
    },
  };
};
