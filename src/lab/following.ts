import { setTimeout as sleep } from 'node:timers/promises';
import type { AdminClient } from '../api/client.ts';
import type { Job } from '../api/contract/job.ts';
import { GreifError, isErrorCode } from '../core/errors.ts';
import type { Machine } from '../fleet/machine.ts';
import type { Order } from '../fleet/order.ts';
import { isEnded } from '../fleet/order-states.ts';

const pollMs = 500;
const jobPollMs = 200;

/** Resolves when a PC with that MAC has registered itself. Throws STEP_FAILED after `timeoutMs`. */
export const discovered = async (client: AdminClient, mac: string, timeoutMs: number): Promise<Machine> => {
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline) {
    const found = (await client.listMachines()).find(({ macs }) => macs.includes(mac));
    if (found) return found;
    await sleep(pollMs);
  }
  throw new GreifError(
    'STEP_FAILED',
    `no PC with the address ${mac} registered itself within ${timeoutMs / 1000} s`,
  );
};

/** Follows an order until `done` says so of it; told of each change. Throws STEP_FAILED after `timeoutMs`. */
export const orderUntil = async (
  client: AdminClient,
  id: number,
  done: (order: Order) => boolean,
  timeoutMs: number,
  tell: (order: Order) => void = () => {},
): Promise<Order> => {
  const deadline = Date.now() + timeoutMs;
  let after = 0;
  for (;;) {
    const { order, events } = await client.watchOrder({ params: { id }, query: { after, waitSeconds: 1 } });
    after = events.at(-1)?.id ?? after;
    tell(order);
    if (done(order)) return order;
    const overdue = Date.now() > deadline;
    if (overdue || isEnded(order.state))
      throw new GreifError(
        'STEP_FAILED',
        `order ${id} is ${order.state}${overdue ? ` after ${timeoutMs / 1000} s` : ''}: ${order.reason?.message ?? 'no reason given'}`,
      );
  }
};

/** Follows a job to its end; told of its bytes. Throws its error. */
export const jobDone = async (
  client: AdminClient,
  started: Job,
  tell: (doneBytes: number, totalBytes: number) => void = () => {},
): Promise<Job> => {
  let job = started;
  while (job.state === 'running') {
    tell(job.doneBytes, job.totalBytes);
    await sleep(jobPollMs);
    job = await client.getJob({ params: { id: job.id } });
  }
  const { error } = job;
  if (error) throw new GreifError(isErrorCode(error.code) ? error.code : 'INTERNAL', error.message);
  return job;
};
