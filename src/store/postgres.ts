import { type Dialect, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Log } from '../core/log.ts';

const int8 = 20;

/** A pool on PostgreSQL. 64-bit integers come as numbers: ours are byte counts and milliseconds, below 2^53. */
export const postgresDialect = (url: string, log: Log): Dialect => {
  const types = new pg.TypeOverrides();
  types.setTypeParser(int8, Number);
  const pool = new pg.Pool({ connectionString: url, max: 8, connectionTimeoutMillis: 10_000, types });
  // An idle connection that breaks would end the process if nobody listened; the next query opens another.
  pool.on('error', (error) => log.warn('a connection to PostgreSQL broke', { reason: error.message }));
  return new PostgresDialect({ pool });
};

/** The address without its password, for messages. */
export const withoutPassword = (url: string): string => {
  const shown = new URL(url);
  shown.password = '';
  return shown.href;
};
