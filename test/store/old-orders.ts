import type { ExecutionContext } from 'ava';
import { type Dialect, Kysely, Migrator, sql } from 'kysely';
import type { DatabaseKind } from '../../src/store/database.ts';
import { fleetMigration } from '../../src/store/migrations/0001-fleet.ts';
import { roomsMigration } from '../../src/store/migrations/0002-rooms.ts';
import { bootsMigration } from '../../src/store/migrations/0003-boots.ts';
import type { Store } from '../../src/store/open.ts';
import { at, evidence, image, order } from '../fleet/samples.ts';
import { newOrder } from './contract.ts';

const { kind: _, ...oldEvidence } = evidence();

/** Leaves a database as Greif wrote it when every order deployed: one order that waits, one completed with its evidence. */
export const writeOldOrders = async (dialect: Dialect, kind: DatabaseKind): Promise<void> => {
  const db = new Kysely<unknown>({ dialect });
  const migrations = {
    '0001-fleet': fleetMigration(kind),
    '0002-rooms': roomsMigration,
    '0003-boots': bootsMigration,
  };
  const { error } = await new Migrator({
    db,
    provider: { getMigrations: async () => migrations },
  }).migrateToLatest();
  if (error) throw error;
  for (const [machine, state, proof] of [
    ['m1', 'completed', JSON.stringify(oldEvidence)],
    ['m2', 'filed', null],
  ])
    await sql`insert into orders (machine_id, image, manifest_digest, host_name, state, evidence, filed_at, filed_by)
      values (${machine}, ${image.ref}, ${image.digest}, 'pc-1', ${state}, ${proof}, ${at}, 'admin')`.execute(
      db,
    );
  await sql`insert into order_events (order_id, at, actor, cause) values (1, ${at}, 'admin', 'filed')`.execute(
    db,
  );
  await db.destroy();
};

export const assertOldOrders = async (t: ExecutionContext, { orders }: Store): Promise<void> => {
  t.deepEqual(await orders.get(1), order({ state: 'completed', evidence: evidence() }));
  t.deepEqual(await orders.open('m2'), order({ id: 2, machineId: 'm2', state: 'filed' }));
  t.is((await orders.events(1)).length, 1);
  const second = orders.file({ ...newOrder, machineId: 'm2' }, { at, actor: 'admin', cause: 'a second' });
  await t.throwsAsync(second, { code: 'ORDER_CONFLICT' });
};
