import { sql } from 'kysely';
import type { Lease, LeaseStore } from '../boot/ports.ts';
import { type Database, type DatabaseKind, present } from './database.ts';

/** Leases in a parameter of JSON as rows in the order of the table's columns. */
const rows = {
  sqlite: (
    json: string,
  ) => sql`select value ->> 'address', value ->> 'clientKey', value ->> 'mac', value ->> 'hostName',
    value ->> 'state', value ->> 'expiresAt' from json_each(${json}) where true`,
  postgres: (json: string) => sql`select address, "clientKey", mac, "hostName", state, "expiresAt"
    from json_to_recordset(cast(${json} as json))
    as lease(address text, "clientKey" text, mac text, "hostName" text, state text, "expiresAt" bigint)`,
};

/** Of several leases of one address the last counts: PostgreSQL does not change a row twice in one statement. */
const lastOfEach = (leases: readonly Lease[]): Lease[] => [
  ...new Map(leases.map((lease) => [lease.address, lease])).values(),
];

export const leaseStore = (db: Database, kind: DatabaseKind): LeaseStore => ({
  async all() {
    const found = await db.selectFrom('leases').selectAll().execute();
    return found.map((row) => present(row) as Lease);
  },
  /** One statement however many leases there are, which is a transaction of its own. */
  async save(leases) {
    if (leases.length === 0) return;
    const json = JSON.stringify(lastOfEach(leases));
    await sql`insert into leases (address, client_key, mac, host_name, state, expires_at) ${rows[kind](json)}
      on conflict (address) do update set client_key = excluded.client_key, mac = excluded.mac,
        host_name = excluded.host_name, state = excluded.state, expires_at = excluded.expires_at`.execute(db);
  },
  async remove(addresses) {
    if (addresses.length > 0)
      await db
        .deleteFrom('leases')
        .where('address', 'in', [...addresses])
        .execute();
  },
});
