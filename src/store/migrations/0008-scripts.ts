import type { Migration } from 'kysely';

/** Post-deploy scripts by version, and what machines and rooms run unless an order says otherwise: names, as JSON. */
export const scriptsMigration: Migration = {
  async up({ schema }) {
    await schema
      .createTable('scripts')
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('version', 'integer', (column) => column.notNull())
      .addColumn('digest', 'text', (column) => column.notNull())
      .addColumn('text', 'text', (column) => column.notNull())
      .addColumn('added_at', 'text', (column) => column.notNull())
      .addColumn('added_by', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('scripts_key', ['name', 'version'])
      .execute();
    await schema.alterTable('machines').addColumn('scripts', 'text').execute();
    await schema.alterTable('rooms').addColumn('scripts', 'text').execute();
  },
};
