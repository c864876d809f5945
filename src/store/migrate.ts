import { type Migration, Migrator } from 'kysely';
import { GreifError } from '../core/errors.ts';
import type { Database, DatabaseKind } from './database.ts';
import { fleetMigration } from './migrations/0001-fleet.ts';
import { roomsMigration } from './migrations/0002-rooms.ts';
import { bootsMigration } from './migrations/0003-boots.ts';
import { orderKindsMigration } from './migrations/0004-order-kinds.ts';
import { removalsMigration } from './migrations/0005-removals.ts';
import { channelsMigration } from './migrations/0006-channels.ts';
import { roomUnattendMigration } from './migrations/0007-room-unattend.ts';
import { scriptsMigration } from './migrations/0008-scripts.ts';
import { diskRolesMigration } from './migrations/0009-disk-roles.ts';
import { installsMigration } from './migrations/0010-installs.ts';
import { installBootsMigration } from './migrations/0011-install-boots.ts';

const migrations = (kind: DatabaseKind): Record<string, Migration> => ({
  '0001-fleet': fleetMigration(kind),
  '0002-rooms': roomsMigration,
  '0003-boots': bootsMigration,
  '0004-order-kinds': orderKindsMigration(kind),
  '0005-removals': removalsMigration,
  '0006-channels': channelsMigration(kind),
  '0007-room-unattend': roomUnattendMigration,
  '0008-scripts': scriptsMigration,
  '0009-disk-roles': diskRolesMigration(kind),
  '0010-installs': installsMigration,
  '0011-install-boots': installBootsMigration,
});

/** Brings the schema up to this version. Throws CONFIG_INVALID when a newer Greif wrote the database. */
export const migrate = async (db: Database, kind: DatabaseKind): Promise<void> => {
  const known = migrations(kind);
  const migrator = new Migrator({ db, provider: { getMigrations: async () => known } });
  await refuseNewer(db, known);
  const { error } = await migrator.migrateToLatest();
  if (error) throw error;
};

const refuseNewer = async (db: Database, known: Record<string, Migration>): Promise<void> => {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(({ name }) => name === 'kysely_migration')) return;
  const applied = await db
    .withTables<{ kyselyMigration: { name: string } }>()
    .selectFrom('kyselyMigration')
    .select('name')
    .execute();
  const foreign = applied.map(({ name }) => name).filter((name) => !Object.hasOwn(known, name));
  if (foreign.length > 0)
    throw new GreifError(
      'CONFIG_INVALID',
      `the database was written by a newer Greif (${foreign.join(', ')}): start that version, or restore the backup made before its first start`,
    );
};
