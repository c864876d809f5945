import type { Updateable } from 'kysely';
import { GreifError } from '../core/errors.ts';
import type { Order, OrderEvent } from '../fleet/order.ts';
import {
  activeStates,
  assertTransition,
  isEnded,
  type OrderState,
  openStates,
} from '../fleet/order-states.ts';
import type { NewEvent, OrderPatch, OrderStore } from '../fleet/ports.ts';
import { type Database, isUniqueViolation, present } from './database.ts';
import type { OrderEventRow, OrderRow } from './schema.ts';
import { saveVariables } from './variables.ts';

type StoredOrder = Omit<OrderRow, 'id'> & { id: number };
type StoredEvent = Omit<OrderEventRow, 'id'> & { id: number };

const toOrder = (row: StoredOrder): Order => {
  const { doneBytes, totalBytes, reason, evidence, certificate, options, ...rest } = row;
  return {
    ...present(rest),
    options: JSON.parse(options),
    ...(doneBytes !== null && totalBytes !== null && { progress: { doneBytes, totalBytes } }),
    ...(reason !== null && { reason: JSON.parse(reason) }),
    ...(evidence !== null && { evidence: JSON.parse(evidence) }),
    ...(certificate !== null && { certificate: JSON.parse(certificate) }),
  } as Order;
};

const toEvent = ({ fromState, toState, ...row }: StoredEvent): OrderEvent => ({
  ...(present(row) as Omit<OrderEvent, 'from' | 'to'>),
  ...(fromState !== null && { from: fromState }),
  ...(toState !== null && { to: toState }),
});

const toColumns = ({
  progress,
  reason,
  evidence,
  certificate,
  ...rest
}: OrderPatch): Updateable<OrderRow> => ({
  ...rest,
  ...(progress && { doneBytes: progress.doneBytes, totalBytes: progress.totalBytes }),
  ...(reason && { reason: JSON.stringify(reason) }),
  ...(evidence && { evidence: JSON.stringify(evidence) }),
  ...(certificate && { certificate: JSON.stringify(certificate) }),
});

const placeOf = (id: number) => ({ scope: 'order', owner: String(id) }) as const;

const notFound = (id: number): GreifError =>
  new GreifError('ORDER_NOT_FOUND', `there is no order ${id}: greif order list shows them all`);

const readOrder = async (db: Database, id: number): Promise<Order | undefined> => {
  const row = await db.selectFrom('orders').selectAll().where('id', '=', id).executeTakeFirst();
  return row && toOrder(row);
};

const mustRead = async (db: Database, id: number): Promise<Order> => {
  const order = await readOrder(db, id);
  if (!order) throw notFound(id);
  return order;
};

const addEvent = (
  db: Database,
  orderId: number,
  { at, actor, cause, bootId }: NewEvent,
  states: { from?: OrderState; to?: OrderState } = {},
) =>
  db
    .insertInto('orderEvents')
    .values({
      orderId,
      at,
      actor,
      cause,
      bootId: bootId ?? null,
      fromState: states.from ?? null,
      toState: states.to ?? null,
    })
    .execute();

/** Entering a stage starts its progress anew; an ended order keeps how far it came; one that is filed again was never claimed. */
const fresh = (to: OrderState): Updateable<OrderRow> => ({
  ...(!isEnded(to) && { doneBytes: null, totalBytes: null }),
  ...(to === 'filed' && { bootId: null, claimedAt: null, lastHeardAt: null }),
});

/** The update names the state it was decided on, so that of two at once exactly one finds its row. */
const changeState = async (
  tx: Database,
  id: number,
  to: OrderState,
  event: NewEvent,
  patch: OrderPatch,
): Promise<Order> => {
  const { kind, state: from } = await mustRead(tx, id);
  assertTransition(kind, from, to);
  const row = await tx
    .updateTable('orders')
    .set({ ...fresh(to), ...toColumns(patch), state: to })
    .where('id', '=', id)
    .where('state', '=', from)
    .returningAll()
    .executeTakeFirst();
  if (!row) throw new GreifError('ORDER_TRANSITION', `order ${id} changed at the same moment: read it again`);
  await addEvent(tx, id, event, { from, to });
  if (isEnded(to))
    await tx.deleteFrom('variables').where('scope', '=', 'order').where('owner', '=', String(id)).execute();
  if (kind === 'removal' && to === 'completed')
    await tx
      .updateTable('machines')
      .set({ decommissionedAt: event.at })
      .where('id', '=', row.machineId)
      .execute();
  return toOrder(row);
};

export const orderStore = (db: Database): OrderStore => ({
  async file(order, event) {
    try {
      return await db.transaction().execute(async (tx) => {
        const { secrets = {}, ...asked } = { secrets: undefined, ...order };
        const row = await tx
          .insertInto('orders')
          .values({ ...asked, options: JSON.stringify(order.options), state: 'filed' })
          .returningAll()
          .executeTakeFirstOrThrow();
        await saveVariables(
          tx,
          Object.entries(secrets).map(([name, sealed]) => ({ ...placeOf(row.id), name, sealed })),
        );
        await addEvent(tx, row.id, event, { to: 'filed' });
        return toOrder(row);
      });
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      const message = 'this machine has an order that has not ended: wait for it, or cancel it first';
      throw new GreifError('ORDER_CONFLICT', message, { cause: error });
    }
  },
  get: (id) => readOrder(db, id),
  async list({ machineId, kinds, states } = {}) {
    let query = db.selectFrom('orders').selectAll();
    if (machineId !== undefined) query = query.where('machineId', '=', machineId);
    if (kinds) query = query.where('kind', 'in', [...kinds]);
    if (states) query = query.where('state', 'in', [...states]);
    return (await query.orderBy('id', 'desc').execute()).map(toOrder);
  },
  async open(machineId) {
    const row = await db
      .selectFrom('orders')
      .selectAll()
      .where('machineId', '=', machineId)
      .where('state', 'in', openStates)
      .executeTakeFirst();
    return row && toOrder(row);
  },
  transition: (id, to, event, patch = {}) =>
    db.transaction().execute((tx) => changeState(tx, id, to, event, patch)),
  async heard(id, at, progress) {
    const row = await db
      .updateTable('orders')
      .set(toColumns({ lastHeardAt: at, ...(progress && { progress }) }))
      .where('id', '=', id)
      .where('state', 'in', activeStates)
      .returningAll()
      .executeTakeFirst();
    if (row) return toOrder(row);
    const { state } = await mustRead(db, id);
    throw new GreifError('ORDER_CONFLICT', `order ${id} is ${state}: no agent works on it`);
  },
  async note(id, event, patch = {}) {
    await db.transaction().execute(async (tx) => {
      const row = await tx
        .updateTable('orders')
        .set((eb) => ({ ...toColumns(patch), state: eb.ref('state') }))
        .where('id', '=', id)
        .returning('id')
        .executeTakeFirst();
      if (!row) throw notFound(id);
      await addEvent(tx, id, event);
    });
  },
  async events(id) {
    const rows = await db
      .selectFrom('orderEvents')
      .selectAll()
      .where('orderId', '=', id)
      .orderBy('id')
      .execute();
    return rows.map(toEvent);
  },
});
