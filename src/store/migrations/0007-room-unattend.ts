import type { Migration } from 'kysely';

/** The template of Windows' answer file that is set for a room. */
export const roomUnattendMigration: Migration = {
  async up({ schema }) {
    await schema.alterTable('rooms').addColumn('unattend', 'text').execute();
  },
};
