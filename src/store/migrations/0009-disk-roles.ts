import { type Kysely, sql } from 'kysely';
import type { DatabaseKind } from '../database.ts';

const asSystem = {
  sqlite: sql`update machines set disks = json_object('system', disk_id) where disk_id is not null`,
  postgres: sql`update machines set disks = json_build_object('system', disk_id)::text where disk_id is not null`,
};

/** Which disk is which, by role; the disk that was chosen until now is the system's. */
export const diskRolesMigration = (kind: DatabaseKind) => ({
  async up(db: Kysely<unknown>): Promise<void> {
    for (const table of ['machines', 'rooms'])
      await db.schema.alterTable(table).addColumn('disks', 'text').execute();
    await asSystem[kind].execute(db);
    await db.schema.alterTable('machines').dropColumn('disk_id').execute();
  },
});
