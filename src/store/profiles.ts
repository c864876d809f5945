import type { ProfileStore } from '../fleet/ports.ts';
import type { Database } from './database.ts';

export const profileStore = (db: Database): ProfileStore => ({
  async list() {
    return db.selectFrom('profiles').selectAll().orderBy('name').orderBy('version').execute();
  },
  async get(name, version) {
    const versions = db.selectFrom('profiles').selectAll().where('name', '=', name);
    const wanted = version === undefined ? versions : versions.where('version', '=', version);
    return wanted.orderBy('version', 'desc').limit(1).executeTakeFirst();
  },
  async add(profile) {
    await db.insertInto('profiles').values(profile).execute();
  },
  async reseal({ name, version, sealed }) {
    await db
      .updateTable('profiles')
      .set({ sealed })
      .where('name', '=', name)
      .where('version', '=', version)
      .execute();
  },
  async remove(name) {
    await db.deleteFrom('profiles').where('name', '=', name).execute();
  },
});
