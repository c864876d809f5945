import type { Migration } from 'kysely';

/** Rooms, and what is set for machines and rooms at their network boot. */
export const roomsMigration: Migration = {
  async up({ schema }) {
    await schema.alterTable('machines').addColumn('room', 'text').execute();
    await schema.alterTable('machines').addColumn('loader', 'text').execute();
    await schema
      .createTable('rooms')
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('loader', 'text')
      .addColumn('menu', 'integer')
      .execute();
  },
};
