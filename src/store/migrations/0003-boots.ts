import type { Kysely } from 'kysely';

/** The boot journal: a row a boot, its steps as JSON, so that a boot under way costs one write however many steps it has. */
export const bootsMigration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await db.schema
      .createTable('boots')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('mac', 'text', (column) => column.notNull())
      .addColumn('started_at', 'bigint', (column) => column.notNull())
      .addColumn('last_at', 'bigint', (column) => column.notNull())
      .addColumn('has_fetched', 'integer', (column) => column.notNull())
      .addColumn('omitted', 'integer', (column) => column.notNull())
      .addColumn('steps', 'text', (column) => column.notNull())
      .execute();
    await db.schema.createIndex('boots_mac').on('boots').columns(['mac', 'started_at']).execute();
    await db.schema.createIndex('boots_started').on('boots').column('started_at').execute();
    await db.schema.createIndex('boots_last').on('boots').column('last_at').execute();
  },
};
