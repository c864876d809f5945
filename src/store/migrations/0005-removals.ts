import type { Migration } from 'kysely';

/** Machines out of service, and the certificates of the orders that took them there. */
export const removalsMigration: Migration = {
  async up({ schema }) {
    await schema.alterTable('machines').addColumn('decommissioned_at', 'text').execute();
    await schema.alterTable('orders').addColumn('certificate', 'text').execute();
  },
};
