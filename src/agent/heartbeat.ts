import type { OrderStatus, Progress } from '../api/contract/agent.ts';
import { asGreifError, GreifError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';

export interface HeartbeatOptions {
  everySeconds: number;
  send(progress: Progress): Promise<OrderStatus>;
  progress(): Progress;
  /** The appliance does not want this order to go on: cancelled, given up as lost, or unknown. Called once. */
  onEnded(reason: GreifError): void;
  log: Log;
}

export interface Heartbeat {
  /** Tells the appliance now, because a stage began. */
  beat(): void;
  stop(): void;
}

/** While nobody answers, the work goes on: the next beat tries again, and the order's time runs on the appliance's side. */
export const startHeartbeat = ({
  everySeconds,
  send,
  progress,
  onEnded,
  log,
}: HeartbeatOptions): Heartbeat => {
  let underWay = false;
  let again = false;
  let silent = false;
  let stopped = false;

  const stop = (): void => {
    stopped = true;
    clearInterval(timer);
  };
  const end = (reason: GreifError): void => {
    if (stopped) return;
    stop();
    onEnded(reason);
  };
  const heard = ({ state }: OrderStatus): void => {
    if (silent) log.info('the appliance answers again');
    silent = false;
    if (state === 'cancelled' || state === 'failed')
      end(new GreifError('ORDER_CONFLICT', `the order is ${state} on the appliance`));
  };
  const unheard = (error: GreifError): void => {
    if (error.code !== 'UNREACHABLE') end(error);
    else if (!silent) log.warn('the appliance does not hear us, going on', { reason: error.message });
    silent = true;
  };
  const beat = (): void => {
    again = underWay;
    if (underWay || stopped) return;
    underWay = true;
    send(progress())
      .then(heard, (error) => unheard(asGreifError(error)))
      .finally(() => {
        underWay = false;
        if (again) beat();
      });
  };
  // Half the time that is allowed: one lost packet must not look like a lost PC.
  const timer = setInterval(beat, (everySeconds * 1000) / 2);
  return { beat, stop };
};
