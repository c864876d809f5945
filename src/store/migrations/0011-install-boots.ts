import type { Migration } from 'kysely';

/** Boots of installers, and the hashes of their tokens. */
export const installBootsMigration: Migration = {
  async up({ schema }) {
    await schema
      .createTable('installs')
      .addColumn('boot_id', 'text', (column) => column.primaryKey())
      .addColumn('order_id', 'integer', (column) => column.notNull().references('orders.id'))
      .addColumn('machine_id', 'text', (column) => column.notNull())
      .addColumn('issued_at', 'text', (column) => column.notNull())
      .addColumn('answer_until', 'text', (column) => column.notNull())
      .addColumn('address', 'text')
      .addColumn('delivered_at', 'text')
      .addColumn('closed_at', 'text')
      .addColumn('replaced_at', 'text')
      .execute();
    await schema.createIndex('installs_order').on('installs').column('order_id').execute();
    await schema
      .createTable('install_tokens')
      .addColumn('hash', 'text', (column) => column.primaryKey())
      .addColumn('boot_id', 'text', (column) => column.notNull().references('installs.boot_id'))
      .addColumn('purpose', 'text', (column) => column.notNull())
      .addColumn('used_at', 'text')
      .execute();
  },
};
