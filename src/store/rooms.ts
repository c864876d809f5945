import type { RoomStore } from '../fleet/ports.ts';
import type { Room } from '../fleet/room.ts';
import { type Database, present } from './database.ts';

export const roomStore = (db: Database): RoomStore => ({
  async list() {
    const rows = await db.selectFrom('rooms').selectAll().orderBy('name').execute();
    return rows.map(
      ({ menu, scripts, disks, ...row }): Room =>
        ({
          ...present(row),
          ...(menu !== null && { menu: menu === 1 }),
          ...(scripts !== null && { scripts: JSON.parse(scripts) }),
          ...(disks !== null && { disks: JSON.parse(disks) }),
        }) as Room,
    );
  },
  async save({ name, loader, menu, unattend, scripts, disks }) {
    const changes = {
      loader: loader ?? null,
      menu: menu === undefined ? null : Number(menu),
      unattend: unattend ?? null,
      scripts: scripts ? JSON.stringify(scripts) : null,
      disks: disks ? JSON.stringify(disks) : null,
    };
    await db
      .insertInto('rooms')
      .values({ name, ...changes })
      .onConflict((conflict) => conflict.column('name').doUpdateSet(changes))
      .execute();
  },
  async remove(name) {
    await db.deleteFrom('rooms').where('name', '=', name).execute();
  },
});
