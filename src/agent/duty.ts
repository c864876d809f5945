import type { CheckedIn, CheckIn, ClaimedWork, Evidence } from '../api/contract/agent.ts';
import { asGreifError, type GreifError } from '../core/errors.ts';
import { taskText } from '../fleet/order.ts';
import type { OrderKind } from '../fleet/order-states.ts';
import type { AgentLog } from './agent-log.ts';
import type { Appliance, ApplianceSession } from './appliance.ts';
import { startHeartbeat } from './heartbeat.ts';
import { untilReached } from './retry.ts';
import { type StageTracker, trackStages } from './stage.ts';
import { carryOut } from './work/carry-out.ts';
import type { OrderTools } from './work/tools.ts';

/** What the screen is told. */
export interface DutyView {
  registered(machine: CheckedIn['machine']): void;
  waiting(): void;
  working(order: { id: number; task: string }, stages: StageTracker): void;
  failed(error: GreifError): void;
  completed(kind: OrderKind): void;
  /** An order came that the PC must be started anew for. */
  restarting(): void;
}

export interface DutyOptions {
  appliance: Appliance;
  checkIn: CheckIn;
  /** All that an order needs but what comes with the session and the order. */
  tools: Omit<OrderTools, 'index' | 'drivers' | 'upload' | 'stages' | 'signal' | 'log' | 'agentVersion'>;
  view: DutyView;
  log: AgentLog;
  signal: AbortSignal;
  retryPauseMs?: ((attempt: number) => number) | undefined;
}

/**
 * The agent's whole life: checks in, waits for an order, works on it; after a failure it waits for the next one. Returns once an order
 * is completed and acknowledged, with its kind: time to reboot, or to stay off; or with `restart` when the order is an installer's. Throws what no retry can mend (TOKEN_*): the PC must be started anew.
 */
export const serveOrders = async (options: DutyOptions): Promise<OrderKind | 'restart'> => {
  const { appliance, view, log, signal } = options;
  const reached = <Result>(call: () => Promise<Result>, during = signal): Promise<Result> =>
    untilReached(call, {
      signal: during,
      pauseMs: options.retryPauseMs,
      onRetry: ({ message }, pauseMs) => log.warn(`${message}; again in ${(pauseMs / 1000).toFixed(1)} s`),
    });

  const checkedIn = await reached(() => appliance.checkIn(options.checkIn, signal));
  view.registered(checkedIn.machine);
  log.info(`checked in as ${checkedIn.machine.name}`);
  const session = appliance.as(checkedIn.session);

  const uploadOf = (orderId: number, during: AbortSignal): OrderTools['upload'] => ({
    lacking: (ids) => reached(() => session.lacking(orderId, ids, during), during),
    chunks: (body) => reached(() => session.sendChunks(orderId, body, during), during),
    index: (file) => reached(() => session.sendIndex(orderId, file, during), during),
    publish: (image) => reached(() => session.publish(orderId, image, during), during),
  });

  const carry = async (claimed: ClaimedWork): Promise<Evidence> => {
    const stop = new AbortController();
    const during = AbortSignal.any([signal, stop.signal]);
    const stages = trackStages(claimed.kind, () => heartbeat.beat());
    const heartbeat = startHeartbeat({
      everySeconds: checkedIn.heartbeatSeconds,
      send: (progress) => session.progress(claimed.order.id, progress, during),
      progress: () => stages.progress,
      onEnded: (reason) => stop.abort(reason),
      log,
    });
    view.working({ id: claimed.order.id, task: taskText({ kind: claimed.kind, ...claimed.order }) }, stages);
    try {
      return await carryOut(claimed, {
        ...options.tools,
        agentVersion: options.checkIn.agentVersion,
        index: (digest) => reached(() => session.index(digest, during), during),
        upload: uploadOf(claimed.order.id, during),
        drivers: {
          describe: (name) => reached(() => session.driver(name, during), during),
          read: (name, digest, take) => reached(() => session.driverFile(name, digest, take, during), during),
        },
        stages,
        signal: during,
        log,
      });
    } catch (error) {
      // What the appliance said is the cause; what the work made of being stopped is not.
      throw stop.signal.aborted ? stop.signal.reason : error;
    } finally {
      heartbeat.stop();
    }
  };

  const tellFailure = (orderId: number, { code, message }: GreifError): Promise<void> =>
    reached(() =>
      session.fail(orderId, { code, message: message.slice(0, 4096), log: log.lastLines() }, signal),
    ).then(
      () => {},
      (error) => log.warn(`the appliance did not take the failure: ${asGreifError(error).message}`),
    );

  const workOn = async (claimed: ClaimedWork, as: ApplianceSession): Promise<boolean> => {
    const { id } = claimed.order;
    log.info(`order ${id}: ${taskText({ kind: claimed.kind, ...claimed.order })}`);
    try {
      const evidence = await carry(claimed);
      await reached(() => as.complete(id, evidence, signal));
      log.info(`order ${id} is done here`);
      return true;
    } catch (thrown) {
      signal.throwIfAborted();
      const error = asGreifError(thrown);
      log.error(`order ${id} failed: ${error.code}: ${error.message}`);
      if (error.code === 'INTERNAL' && thrown instanceof Error) log.error(thrown.stack ?? '');
      view.failed(error);
      await tellFailure(id, error);
      return false;
    }
  };

  for (;;) {
    view.waiting();
    const claimed = await reached(() => session.claim(signal));
    if (claimed?.kind === 'restart') {
      log.info(`order ${claimed.order.id} is an installer's: the PC restarts for it`);
      view.restarting();
      return 'restart';
    }
    if (!claimed || !(await workOn(claimed, session))) continue;
    view.completed(claimed.kind);
    return claimed.kind;
  }
};
