import { CamelCasePlugin, Kysely, sql } from 'kysely';
import type { BootStore } from '../boot/journal/ports.ts';
import type { LeaseStore } from '../boot/ports.ts';
import { GreifError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { ChannelStore, FleetStore, StoreGauge } from '../fleet/ports.ts';
import type { InstallStore } from '../installs/install.ts';
import { bootSessionStore } from './boot-sessions.ts';
import { bootStore } from './boots.ts';
import { channelStore } from './channels.ts';
import type { Database, DatabaseKind } from './database.ts';
import { installStore } from './installs.ts';
import { leaseStore } from './leases.ts';
import { machineStore } from './machines.ts';
import { migrate } from './migrate.ts';
import { orderStore } from './orders.ts';
import { postgresDialect, withoutPassword } from './postgres.ts';
import { profileStore } from './profiles.ts';
import { roomStore } from './rooms.ts';
import type { Tables } from './schema.ts';
import { scriptStore } from './scripts.ts';
import { sqliteDialect } from './sqlite.ts';
import { variableStore } from './variables.ts';

export interface StoreOptions {
  /** `sqlite`, or `postgres://user:password@host/database`. */
  database: string;
  /** Where the embedded database's file lies. */
  folder: string;
  log: Log;
}

export type Store = FleetStore &
  StoreGauge & { leases: LeaseStore; boots: BootStore; channels: ChannelStore; installs: InstallStore };

const unreachable = (url: string, cause: unknown): GreifError => {
  const reason = cause instanceof Error ? cause.message || String((cause as { code?: string }).code) : cause;
  return new GreifError(
    'UNREACHABLE',
    `PostgreSQL at ${withoutPassword(url)} cannot be used (${reason}): check that it runs, and the address, user and password`,
    { cause },
  );
};

const gauge = (db: Database): StoreGauge => ({
  async ping() {
    await sql`select 1 from orders where id = 0`.execute(db);
  },
  countOrders: () =>
    db
      .selectFrom('orders')
      .select(({ fn }) => ['kind', 'state', fn.countAll<number>().as('count')])
      .groupBy(['kind', 'state'])
      .orderBy('kind')
      .orderBy('state')
      .execute(),
});

/**
 * Opens the asset store and brings its schema up to date.
 * @throws CONFIG_INVALID when the file cannot be opened or a newer Greif wrote it; UNREACHABLE when PostgreSQL does not answer.
 */
export const openStore = async ({ database, folder, log }: StoreOptions): Promise<Store> => {
  const kind: DatabaseKind = database === 'sqlite' ? 'sqlite' : 'postgres';
  const dialect = kind === 'sqlite' ? await sqliteDialect(folder) : postgresDialect(database, log);
  const db = new Kysely<Tables>({ dialect, plugins: [new CamelCasePlugin()] });
  try {
    if (kind === 'postgres') await reach(db, database);
    await migrate(db, kind);
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return {
    machines: machineStore(db),
    orders: orderStore(db),
    bootSessions: bootSessionStore(db),
    leases: leaseStore(db, kind),
    rooms: roomStore(db),
    scripts: scriptStore(db),
    profiles: profileStore(db),
    variables: variableStore(db),
    boots: bootStore(db),
    channels: channelStore(db),
    installs: installStore(db),
    ...gauge(db),
    close: () => db.destroy(),
  };
};

const reach = async (db: Database, url: string): Promise<void> => {
  try {
    await sql`select 1`.execute(db);
  } catch (error) {
    throw unreachable(url, error);
  }
};
