import { type ColumnDefinitionBuilder, type Kysely, sql } from 'kysely';
import type { DatabaseKind } from '../database.ts';

type Schema = Kysely<unknown>['schema'];

const machines = async (schema: Schema): Promise<void> => {
  await schema
    .createTable('machines')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull().unique())
    .addColumn('uuid', 'text')
    .addColumn('disk_id', 'text')
    .addColumn('inventory', 'text', (column) => column.notNull())
    .addColumn('registered_at', 'text', (column) => column.notNull())
    .addColumn('last_seen_at', 'text', (column) => column.notNull())
    .execute();
  await schema.createIndex('machines_uuid').on('machines').column('uuid').execute();
  await schema
    .createTable('machine_macs')
    .addColumn('mac', 'text', (column) => column.primaryKey())
    .addColumn('machine_id', 'text', (column) =>
      column.notNull().references('machines.id').onDelete('cascade'),
    )
    .execute();
  await schema.createIndex('machine_macs_machine').on('machine_macs').column('machine_id').execute();
};

/** Orders outlive their machine: history is never deleted, so `machine_id` is no foreign key. */
const orders = async (
  schema: Schema,
  serial: (column: ColumnDefinitionBuilder) => ColumnDefinitionBuilder,
) => {
  await schema
    .createTable('orders')
    .addColumn('id', 'integer', serial)
    .addColumn('machine_id', 'text', (column) => column.notNull())
    .addColumn('image', 'text', (column) => column.notNull())
    .addColumn('manifest_digest', 'text', (column) => column.notNull())
    .addColumn('host_name', 'text', (column) => column.notNull())
    .addColumn('disk_id', 'text')
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('boot_id', 'text')
    .addColumn('done_bytes', 'bigint')
    .addColumn('total_bytes', 'bigint')
    .addColumn('reason', 'text')
    .addColumn('evidence', 'text')
    .addColumn('filed_at', 'text', (column) => column.notNull())
    .addColumn('filed_by', 'text', (column) => column.notNull())
    .addColumn('claimed_at', 'text')
    .addColumn('ended_at', 'text')
    .addColumn('last_heard_at', 'text')
    .addColumn('booted_from_disk_at', 'text')
    .execute();
  await schema.createIndex('orders_machine').on('orders').column('machine_id').execute();
  await schema.createIndex('orders_state').on('orders').column('state').execute();
};

/** At most one order a machine that has not ended: the database itself refuses the second. */
const oneOpenOrder = sql`create unique index orders_one_open on orders (machine_id)
  where state not in ('completed', 'failed', 'cancelled')`;

const orderEvents = async (
  schema: Schema,
  serial: (column: ColumnDefinitionBuilder) => ColumnDefinitionBuilder,
) => {
  await schema
    .createTable('order_events')
    .addColumn('id', 'integer', serial)
    .addColumn('order_id', 'integer', (column) => column.notNull().references('orders.id'))
    .addColumn('at', 'text', (column) => column.notNull())
    .addColumn('actor', 'text', (column) => column.notNull())
    .addColumn('from_state', 'text')
    .addColumn('to_state', 'text')
    .addColumn('cause', 'text', (column) => column.notNull())
    .addColumn('boot_id', 'text')
    .execute();
  await schema.createIndex('order_events_order').on('order_events').column('order_id').execute();
};

/** Events are written once: the database refuses to change or delete them. */
const keepEvents = {
  sqlite: ['update', 'delete'].map((verb) =>
    sql.raw(`create trigger order_events_no_${verb} before ${verb} on order_events
      begin select raise(abort, 'order events are never changed or deleted'); end`),
  ),
  postgres: [
    sql`create function refuse_event_change() returns trigger language plpgsql as
      $$ begin raise exception 'order events are never changed or deleted'; end $$`,
    sql`create trigger order_events_keep before update or delete on order_events
      for each row execute function refuse_event_change()`,
    sql`create trigger order_events_keep_all before truncate on order_events
      for each statement execute function refuse_event_change()`,
  ],
};

const bootAndLeases = async (schema: Schema): Promise<void> => {
  await schema
    .createTable('boot_sessions')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('mac', 'text', (column) => column.notNull())
    .addColumn('token_hash', 'text', (column) => column.notNull().unique())
    .addColumn('created_at', 'text', (column) => column.notNull())
    .addColumn('agent_boot_id', 'text')
    .addColumn('session_hash', 'text', (column) => column.unique())
    .addColumn('machine_id', 'text')
    .execute();
  await schema
    .createTable('leases')
    .addColumn('address', 'text', (column) => column.primaryKey())
    .addColumn('client_key', 'text', (column) => column.notNull())
    .addColumn('mac', 'text', (column) => column.notNull())
    .addColumn('host_name', 'text')
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .execute();
};

/** Machines, orders with their history, boot sessions, leases. */
export const fleetMigration = (kind: DatabaseKind) => ({
  async up(db: Kysely<unknown>): Promise<void> {
    const serial = (column: ColumnDefinitionBuilder) =>
      kind === 'sqlite'
        ? column.primaryKey().autoIncrement()
        : column.primaryKey().generatedAlwaysAsIdentity();
    await machines(db.schema);
    await orders(db.schema, serial);
    await oneOpenOrder.execute(db);
    await orderEvents(db.schema, serial);
    for (const statement of keepEvents[kind]) await statement.execute(db);
    await bootAndLeases(db.schema);
  },
});
