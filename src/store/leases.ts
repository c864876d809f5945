import type { Lease, LeaseStore } from '../boot/ports.ts';
import { type Database, present } from './database.ts';

export const leaseStore = (db: Database): LeaseStore => ({
  async all() {
    const rows = await db.selectFrom('leases').selectAll().execute();
    return rows.map((row) => present(row) as Lease);
  },
  async save(leases) {
    await db.transaction().execute(async (tx) => {
      for (const { address, ...lease } of leases) {
        const changes = { ...lease, hostName: lease.hostName ?? null };
        await tx
          .insertInto('leases')
          .values({ address, ...changes })
          .onConflict((conflict) => conflict.column('address').doUpdateSet(changes))
          .execute();
      }
    });
  },
  async remove(addresses) {
    if (addresses.length > 0)
      await db
        .deleteFrom('leases')
        .where('address', 'in', [...addresses])
        .execute();
  },
});
