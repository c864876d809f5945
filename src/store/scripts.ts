import type { ScriptStore } from '../fleet/ports.ts';
import type { Database } from './database.ts';

export const scriptStore = (db: Database): ScriptStore => ({
  async list() {
    const rows = await db.selectFrom('scripts').selectAll().orderBy('name').orderBy('version').execute();
    return [...new Map(rows.map((row) => [row.name, row])).values()];
  },
  async get(name, version) {
    const versions = db.selectFrom('scripts').selectAll().where('name', '=', name);
    const wanted = version === undefined ? versions : versions.where('version', '=', version);
    return wanted.orderBy('version', 'desc').limit(1).executeTakeFirst();
  },
  async add(script) {
    await db.insertInto('scripts').values(script).execute();
  },
  async remove(name) {
    await db.deleteFrom('scripts').where('name', '=', name).execute();
  },
});
