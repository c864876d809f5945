import { isDeepStrictEqual } from 'node:util';
import { type Clock, isoTime } from '../core/clock.ts';
import { GreifError, isErrorCode } from '../core/errors.ts';
import { type Certificate, certify, removalStatement, type Signer } from './certificate.ts';
import { captureFault, deployFault, removalFault } from './evidence.ts';
import type { ImageShelf } from './image-shelf.ts';
import type { Order } from './order.ts';
import type { Evidence } from './order-evidence.ts';
import { isEnded, type OrderKind, type OrderStage, type OrderState } from './order-states.ts';
import type { MachineStore, NewEvent, OrderPatch, OrderStore } from './ports.ts';
import { hasStage, stepsTo } from './stages.ts';

/** One start of the agent on one PC, as its session proves it. */
export interface Worker {
  /** The boot session's id. */
  bootId: string;
  machineId: string;
}

export interface WorkProgress {
  stage: OrderStage;
  doneBytes: number;
  totalBytes: number;
}

export interface WorkFailure {
  code: string;
  message: string;
  /** The agent's last log lines. */
  log: readonly string[];
}

/**
 * What an agent does with its machine's order. Every call may be repeated: the same report changes nothing the second time.
 * All but `claim` throw ORDER_NOT_FOUND, and TOKEN_MISMATCH when another start of the agent holds the order.
 */
export interface OrderWork {
  /** The machine's order, claimed for this worker; `undefined` while there is none. An install that is filed stays so: its installer must be booted. */
  claim(worker: Worker): Promise<Order | undefined>;
  /** The order that this worker holds and has not ended. Throws ORDER_CONFLICT when it has, or is of another kind. */
  held<Kind extends OrderKind>(worker: Worker, id: number, kind: Kind): Promise<Order & { kind: Kind }>;
  /** Throws ORDER_CONFLICT once the order failed or was cancelled: stop working. */
  report(worker: Worker, id: number, progress: WorkProgress): Promise<Order>;
  /** Throws EVIDENCE_MISMATCH (the order has failed then) and ORDER_CONFLICT. */
  complete(worker: Worker, id: number, evidence: Evidence): Promise<Order>;
  /** An order that has ended stays as it is. */
  fail(worker: Worker, id: number, failure: WorkFailure): Promise<Order>;
}

const ended = ({ id, state, reason }: Order): GreifError =>
  new GreifError('ORDER_CONFLICT', `order ${id} is ${state}${reason ? `: ${reason.message}` : ''}`, {
    details: { state },
  });

const notOfKind = ({ id, kind }: Order, what: string): GreifError =>
  new GreifError('BAD_REQUEST', `order ${id} is a ${kind} order: ${what} does not belong to it`);

/** What makes an image one that cannot be handed out, whatever it was when the order was filed. */
const imageFaults: readonly string[] = ['IMAGE_NOT_FOUND', 'MANIFEST_INVALID', 'MANIFEST_UNTRUSTED'];

export const createOrderWork = (parts: {
  orders: OrderStore;
  machines: Pick<MachineStore, 'get'>;
  images: ImageShelf;
  signer: Signer;
  clock: Clock;
}): OrderWork => {
  const { orders, machines, images, signer, clock } = parts;
  const eventOf = ({ bootId, machineId }: Worker, cause: string): NewEvent => ({
    at: isoTime(clock()),
    actor: `agent:${machineId}`,
    cause,
    bootId,
  });

  const ownOrder = async ({ bootId, machineId }: Worker, id: number): Promise<Order> => {
    const order = await orders.get(id);
    if (!order) throw new GreifError('ORDER_NOT_FOUND', `there is no order ${id}`);
    if (order.machineId !== machineId || order.bootId !== bootId)
      throw new GreifError('TOKEN_MISMATCH', `order ${id} is not held by this start of this PC's agent`);
    return order;
  };

  /** One transition; `undefined` when another report was first, and the order must be looked at again. */
  const attempt = async (id: number, to: OrderState, event: NewEvent, patch: OrderPatch) => {
    try {
      return await orders.transition(id, to, event, patch);
    } catch (error) {
      if (error instanceof GreifError && error.code === 'ORDER_TRANSITION') return undefined;
      throw error;
    }
  };

  /** Enters one stage after the other until `to`, the patch with the last. Ends, since no order goes back. */
  const walk = async (
    worker: Worker,
    id: number,
    to: OrderState,
    cause: string,
    patch: OrderPatch,
  ): Promise<Order> => {
    const order = await ownOrder(worker, id);
    const [next] = stepsTo(order.kind, order.state, to);
    if (!next) return order;
    await attempt(id, next, eventOf(worker, next === to ? cause : `${next} began`), next === to ? patch : {});
    return walk(worker, id, to, cause, patch);
  };

  const failWith = async (
    worker: Worker,
    id: number,
    { code, message }: { code: string; message: string },
    evidence?: Evidence,
  ) => {
    const reason = { code, message };
    const event = eventOf(worker, `${reason.code}: ${reason.message}`);
    const patch = { endedAt: event.at, lastHeardAt: event.at, reason, ...(evidence && { evidence }) };
    return attempt(id, 'failed', event, patch);
  };

  const claim = async (worker: Worker): Promise<Order | undefined> => {
    const order = await orders.open(worker.machineId);
    if (!order || order.bootId === worker.bootId) return order;
    if (isForInstaller(order)) return order;
    if (order.state !== 'filed')
      throw new GreifError('TOKEN_MISMATCH', `order ${order.id} is held by another start of this PC's agent`);
    const event = eventOf(worker, 'claimed by the agent');
    const patch = { bootId: worker.bootId, claimedAt: event.at, lastHeardAt: event.at };
    return (await attempt(order.id, 'claimed', event, patch)) ?? claim(worker);
  };

  /** An order whose image is gone or was replaced since it was filed can only fail. */
  const imageFault = async (order: Order): Promise<GreifError | undefined> => {
    if (order.kind !== 'deploy') return undefined;
    const { image, manifestDigest } = order;
    try {
      if ((await images.find(image)).digest === manifestDigest) return undefined;
      const message = `${image} is not what it was when the order was filed: file a new order`;
      return new GreifError('MANIFEST_INVALID', message);
    } catch (error) {
      if (error instanceof GreifError && imageFaults.includes(error.code)) return error;
      throw error;
    }
  };

  /** Why the evidence does not prove that the order was done. Throws BAD_REQUEST for evidence of another kind. */
  const faultOf = async (order: Order, evidence: Evidence): Promise<string | undefined> => {
    if (order.kind === 'deploy' && evidence.kind === 'deploy')
      return deployFault(order, await images.find(order.image), evidence);
    if (order.kind === 'capture' && evidence.kind === 'capture')
      return captureFault(order, await images.find(evidence.image), evidence);
    if (order.kind === 'removal' && evidence.kind === 'removal') return removalFault(order, evidence);
    throw notOfKind(order, `evidence of a ${evidence.kind}`);
  };

  /** What a completed removal is certified with. */
  const certificateOf = async (
    order: Order,
    evidence: Evidence,
    completedAt: string,
  ): Promise<Certificate | undefined> => {
    if (evidence.kind !== 'removal') return undefined;
    const machine = await machines.get(order.machineId);
    if (!machine)
      throw new GreifError(
        'MACHINE_NOT_FOUND',
        `order ${order.id} is for a machine that is not there any more`,
      );
    return certify(removalStatement(order, evidence, machine, completedAt), signer);
  };

  const claimWhole = async (worker: Worker): Promise<Order | undefined> => {
    const order = await claim(worker);
    if (!order) return undefined;
    const reason = await imageFault(order);
    if (!reason) return order;
    await failWith(worker, order.id, reason);
    return undefined;
  };

  /** What an agent did to a new system proves nothing yet: that is left to the system's own report. */
  const handOver = async (worker: Worker, order: Order, evidence: Evidence): Promise<Order> => {
    if (order.kind !== 'install' || evidence.kind !== 'install')
      throw notOfKind(order, `evidence of a ${evidence.kind}`);
    const patch = { evidence, lastHeardAt: isoTime(clock()) };
    return walk(worker, order.id, 'verifying', 'the agent is done: waiting for the system to report', patch);
  };

  return {
    claim: claimWhole,

    async held<Kind extends OrderKind>(worker: Worker, id: number, kind: Kind) {
      const order = await ownOrder(worker, id);
      if (isEnded(order.state)) throw ended(order);
      if (order.kind === kind) return order as Order & { kind: Kind };
      throw new GreifError('ORDER_CONFLICT', `order ${id} is a ${order.kind} order, not a ${kind} order`);
    },

    async report(worker, id, { stage, doneBytes, totalBytes }) {
      const held = await ownOrder(worker, id);
      if (!hasStage(held.kind, stage)) throw notOfKind(held, `the stage ${stage}`);
      const at = isoTime(clock());
      const progress = { doneBytes, totalBytes };
      const order = await walk(worker, id, stage, `${stage} began`, { progress, lastHeardAt: at });
      if (order.state === 'completed') return order;
      if (isEnded(order.state)) throw ended(order);
      return orders.heard(id, at, order.state === stage ? progress : undefined);
    },

    async complete(worker, id, evidence) {
      const order = await ownOrder(worker, id);
      if (isEnded(order.state)) return repeatedEnd(order, evidence);
      if (order.kind === 'install') return handOver(worker, order, evidence);
      const fault = await faultOf(order, evidence);
      if (fault !== undefined) {
        await failWith(worker, id, { code: 'EVIDENCE_MISMATCH', message: fault }, evidence);
        return repeatedEnd(await ownOrder(worker, id), evidence);
      }
      const at = isoTime(clock());
      const totalBytes = order.progress?.totalBytes ?? 0;
      const progress = { doneBytes: totalBytes, totalBytes };
      const certificate = await certificateOf(order, evidence, at);
      const proof = { evidence, ...(certificate && { certificate }) };
      const done = { ...proof, progress, endedAt: at, lastHeardAt: at };
      return repeatedEnd(await walk(worker, id, 'completed', 'the evidence fits', done), evidence);
    },

    async fail(worker, id, { code, message, log }) {
      const order = await ownOrder(worker, id);
      if (isEnded(order.state)) return order;
      const reason = { code: isErrorCode(code) ? code : 'INTERNAL', message };
      const failed = await failWith(worker, id, reason);
      if (failed && log.length > 0)
        await orders.note(id, eventOf(worker, `the agent's last lines:\n${log.join('\n')}`));
      return failed ?? ownOrder(worker, id);
    },
  };
};

/** Whether the machine must be started anew, since no agent does this order. */
export const isForInstaller = ({ kind, state }: Pick<Order, 'kind' | 'state'>): boolean =>
  kind === 'install' && state === 'filed';

/** What an ended order answers to evidence: the same again to the same, a conflict to any other. */
const repeatedEnd = (order: Order, evidence: Evidence): Order => {
  const same = isDeepStrictEqual(order.evidence, evidence);
  if (order.state === 'completed' && same) return order;
  if (order.reason?.code === 'EVIDENCE_MISMATCH' && same)
    throw new GreifError('EVIDENCE_MISMATCH', `order ${order.id} failed: ${order.reason.message}`);
  throw ended(order);
};
