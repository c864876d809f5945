import { type Kysely, sql } from 'kysely';
import type { DatabaseKind } from '../database.ts';

/** What only some kinds of orders have. */
const optional = ['image', 'manifest_digest', 'host_name'];

/** SQLite cannot take NOT NULL from a column: a new one takes its place, in both databases alike. */
const makeNullable = async (db: Kysely<unknown>, column: string): Promise<void> => {
  const draft = `${column}_nullable`;
  await db.schema.alterTable('orders').addColumn(draft, 'text').execute();
  await sql`update orders set ${sql.ref(draft)} = ${sql.ref(column)}`.execute(db);
  await db.schema.alterTable('orders').dropColumn(column).execute();
  await db.schema.alterTable('orders').renameColumn(draft, column).execute();
};

const nameKind = {
  sqlite: sql`update orders set evidence = json_set(evidence, '$.kind', kind) where evidence is not null`,
  postgres: sql`update orders set evidence = jsonb_set(evidence::jsonb, '{kind}', to_jsonb(kind))::text
    where evidence is not null`,
};

/** Until now every order was there to deploy. */
export const orderKindsMigration = (database: DatabaseKind) => ({
  async up(db: Kysely<unknown>): Promise<void> {
    const orders = () => db.schema.alterTable('orders');
    await orders()
      .addColumn('kind', 'text', (column) => column.notNull().defaultTo('deploy'))
      .execute();
    await orders()
      .addColumn('options', 'text', (column) => column.notNull().defaultTo('{}'))
      .execute();
    for (const column of optional) await makeNullable(db, column);
    await nameKind[database].execute(db);
  },
});
