import { GreifError } from '../core/errors.ts';
import type { BootSession, BootSessionStore } from '../fleet/ports.ts';
import { type Database, present } from './database.ts';
import type { BootSessionRow } from './schema.ts';

const toSession = (row: BootSessionRow | undefined): BootSession | undefined =>
  row && (present(row) as BootSession);

export const bootSessionStore = (db: Database): BootSessionStore => ({
  async create(session) {
    await db.insertInto('bootSessions').values(session).execute();
  },
  async byToken(tokenHash) {
    const query = db.selectFrom('bootSessions').selectAll().where('tokenHash', '=', tokenHash);
    return toSession(await query.executeTakeFirst());
  },
  async bySession(sessionHash) {
    const query = db.selectFrom('bootSessions').selectAll().where('sessionHash', '=', sessionHash);
    return toSession(await query.executeTakeFirst());
  },
  async exchange(tokenHash, use) {
    const changed = await db
      .updateTable('bootSessions')
      .set(use)
      .where('tokenHash', '=', tokenHash)
      .where((eb) => eb.or([eb('agentBootId', 'is', null), eb('agentBootId', '=', use.agentBootId)]))
      .returning('id')
      .executeTakeFirst();
    if (!changed)
      throw new GreifError(
        'TOKEN_USED',
        'this boot token was used by another start of the agent: restart the PC',
      );
  },
  async prune(before) {
    await db.deleteFrom('bootSessions').where('createdAt', '<', before).execute();
  },
});
