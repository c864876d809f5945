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
    // With the id, so that pruning reads the index alone and not the steps.
    for (const columns of [
      ['mac', 'started_at', 'id'],
      ['has_fetched', 'started_at', 'id'],
      ['started_at', 'id'],
      ['last_at'],
    ])
      await db.schema.createIndex(`boots_by_${columns[0]}`).on('boots').columns(columns).execute();
  },
};
