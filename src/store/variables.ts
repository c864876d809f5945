import type { SealedVariable, VariableStore } from '../fleet/ports.ts';
import type { Database } from './database.ts';

export const saveVariables = async (db: Database, variables: readonly SealedVariable[]): Promise<void> => {
  if (variables.length === 0) return;
  await db
    .insertInto('variables')
    .values([...variables])
    .onConflict((conflict) =>
      conflict
        .columns(['scope', 'owner', 'name'])
        .doUpdateSet((eb) => ({ sealed: eb.ref('excluded.sealed') })),
    )
    .execute();
};

export const variableStore = (db: Database): VariableStore => ({
  async list({ scope, owner } = {}) {
    return db
      .selectFrom('variables')
      .selectAll()
      .$if(scope !== undefined, (query) => query.where('scope', '=', scope ?? 'site'))
      .$if(owner !== undefined, (query) => query.where('owner', '=', owner ?? ''))
      .orderBy('scope')
      .orderBy('owner')
      .orderBy('name')
      .execute();
  },
  async reseal({ scope, owner, name, sealed }) {
    await db
      .updateTable('variables')
      .set({ sealed })
      .where('scope', '=', scope)
      .where('owner', '=', owner)
      .where('name', '=', name)
      .execute();
  },
  async change(place, { save, remove }) {
    await db.transaction().execute(async (tx) => {
      await saveVariables(
        tx,
        Object.entries(save).map(([name, sealed]) => ({ ...place, name, sealed })),
      );
      if (remove.length > 0)
        await tx
          .deleteFrom('variables')
          .where('scope', '=', place.scope)
          .where('owner', '=', place.owner)
          .where('name', 'in', [...remove])
          .execute();
    });
  },
});
