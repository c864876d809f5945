import type { Migration } from 'kysely';

/** Install profiles by version, and the values of their variables by the place where they are set; both encrypted. */
export const installsMigration: Migration = {
  async up({ schema }) {
    await schema
      .createTable('profiles')
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('version', 'integer', (column) => column.notNull())
      .addColumn('digest', 'text', (column) => column.notNull())
      .addColumn('sealed', 'text', (column) => column.notNull())
      .addColumn('added_at', 'text', (column) => column.notNull())
      .addColumn('added_by', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('profiles_key', ['name', 'version'])
      .execute();
    await schema
      .createTable('variables')
      .addColumn('scope', 'text', (column) => column.notNull())
      .addColumn('owner', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('sealed', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('variables_key', ['scope', 'owner', 'name'])
      .execute();
    await schema.alterTable('machines').addColumn('groups', 'text').execute();
  },
};
