import { sql } from 'kysely';
import type { BootStore } from '../boot/journal/ports.ts';
import { type Boot, hasFetched } from '../boot/journal/step.ts';
import type { Database } from './database.ts';
import type { BootRow } from './schema.ts';

const toRow = (boot: Boot): BootRow => ({
  ...boot,
  hasFetched: hasFetched(boot) ? 1 : 0,
  steps: JSON.stringify(boot.steps),
});

const toBoot = ({ hasFetched: _fetched, ...row }: BootRow): Boot =>
  ({ ...row, steps: JSON.parse(row.steps) }) as Boot;

/** The boots that come after the first `kept` of their kind, the newest first. */
const surplus = (db: Database, kept: number, kind: 'all' | 'dhcp only') =>
  db
    .selectFrom('boots')
    .select('id')
    .$if(kind === 'dhcp only', (query) => query.where('hasFetched', '=', 0))
    .orderBy('startedAt', 'desc')
    .orderBy('id', 'desc')
    // SQLite knows no OFFSET without a LIMIT.
    .limit(1_000_000_000)
    .offset(kept);

const surplusOfPcs = (db: Database, perPc: number) =>
  db
    .selectFrom(
      db
        .selectFrom('boots')
        .select([
          'id',
          sql<number>`row_number() over (partition by mac order by started_at desc, id desc)`.as('place'),
        ])
        .as('placed'),
    )
    .select('id')
    .where('place', '>', perPc);

export const bootStore = (db: Database): BootStore => ({
  async save(boots) {
    if (boots.length === 0) return;
    await db
      .insertInto('boots')
      .values(boots.map(toRow))
      .onConflict((conflict) =>
        conflict.column('id').doUpdateSet((eb) => ({
          lastAt: eb.ref('excluded.lastAt'),
          hasFetched: eb.ref('excluded.hasFetched'),
          omitted: eb.ref('excluded.omitted'),
          steps: eb.ref('excluded.steps'),
        })),
      )
      .execute();
  },
  async get(id) {
    const row = await db.selectFrom('boots').selectAll().where('id', '=', id).executeTakeFirst();
    return row && toBoot(row);
  },
  async list({ macs, since, limit }) {
    let query = db
      .selectFrom('boots')
      .selectAll()
      .orderBy('startedAt', 'desc')
      .orderBy('id', 'desc')
      .limit(limit);
    if (macs) query = query.where('mac', 'in', ['', ...macs]);
    if (since !== undefined) query = query.where('lastAt', '>=', since);
    return (await query.execute()).map(toBoot);
  },
  async prune({ before, perPc, dhcpOnly, inAll }) {
    await db.deleteFrom('boots').where('lastAt', '<', before).execute();
    for (const tooMuch of [
      surplusOfPcs(db, perPc),
      surplus(db, dhcpOnly, 'dhcp only'),
      surplus(db, inAll, 'all'),
    ])
      await db.deleteFrom('boots').where('id', 'in', tooMuch).execute();
  },
});
